"""A volume split into first contacts and repeats: those that the same person's contact of the days before precedes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from omnictl.glossary.kpi import DEFAULT, ByChannel, Kpi
from omnictl.glossary.parts import ADDITIVE
from omnictl.glossary.window import window_of
from omnictl.glossary.written import Written
from omnictl.review.hybrids import NOWHERE, tested

if TYPE_CHECKING:
    from omnictl.glossary.meaning import Meaning

WINDOW = "J+7"
REPEATS = "repeats of what is counted"  # an id that no glossary can hold
_REPEATED = "within(previous_contact)"
_EVERY = Written("true", NOWHERE)
_COUNTED = Written(f"count_if({_REPEATED})", NOWHERE)


def groups_of(repeats: Kpi) -> tuple[Kpi, Kpi]:
    """The KPIs that judge the repeats alone, and the first contacts alone: how many people are behind each."""
    all_rows = {"value": {DEFAULT: Written("count(*)", NOWHERE)}}
    repeated, first = (
        replace(
            repeats,
            id=f"{repeats.id}: {test}",
            where={
                channel: Written(f"({own.text}) and {test}", NOWHERE)
                for channel, own in (repeats.where or {DEFAULT: _EVERY}).items()
            },
            parts=all_rows,
        )
        for test in (_REPEATED, f"not {_REPEATED}")
    )
    return repeated, first


def repeats_of(meaning: Meaning) -> Kpi | None:
    """The KPI that counts, of the rows that another counts, those that repeat a contact of the same person.

    Returns:
        None where that cannot be asked: it does not count rows of its own, or nothing is known to precede them.
    """
    kpi = meaning.kpi
    if kpi.rollup != "sum" or kpi.window is not None or meaning.composed or set(kpi.parts) != {"value"}:
        return None
    for branch in meaning.branches:
        aggregates = branch.parts["value"].aggregates
        if not branch.reach.followed or [each.kind for each in aggregates] != [ADDITIVE[0]]:
            return None
    where = _counted_rows(kpi)
    if where is None:
        return None
    return replace(
        kpi,
        id=REPEATS,
        variant="",
        overridden=(),
        where=where,
        parts={"value": {DEFAULT: _COUNTED}},
        window=window_of(Written(WINDOW, NOWHERE)),
    )


def _counted_rows(kpi: Kpi) -> ByChannel | None:
    """The condition of the rows counted, by channel: the KPI's own, and that of its count."""
    found: dict[str, Written] = {}
    value = kpi.parts["value"]
    for channel in dict.fromkeys([*kpi.where, *value]) or (DEFAULT,):
        own, counted = kpi.where.get(channel, kpi.where.get(DEFAULT)), value.get(channel, value.get(DEFAULT))
        conditions = tested(counted.text) if counted is not None else None
        if conditions is None:
            return None
        texts = [f"({each})" for each in ([own.text] if own is not None else []) + conditions]
        if texts:
            found[channel] = Written(" and ".join(texts), NOWHERE)
    return found
