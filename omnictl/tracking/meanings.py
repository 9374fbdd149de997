"""What columns and events mean, in English and French."""

from __future__ import annotations

from omnictl.relations import RELATIONS
from omnictl.tracking.plan import Texts


def meaning_of(relation: str, column: str) -> Texts:
    """What a column of a relation means."""
    found = RELATIONS[relation].column(column)
    return {"en": found.meaning} if found is not None else {}


def meaning_of_event(relation: str, channel: str | None, kind: str) -> Texts:
    """What happens when an event is recorded."""
    return {"en": RELATIONS[relation].one_row_is}


def meaning_of_identifier(kind: str) -> Texts:
    """What a kind of identifier is."""
    return {"en": f"identifier of kind {kind}"}
