"""A tracking plan in the formats of others: ODCS, JSON Schema, Snowplow, RudderStack. One way: nothing is read back.

Each export is a pure function of the plan: the same plan gives the same bytes, and nothing of the clock or of chance.
What a format has no place for is told as losses, field by field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from omnictl.errors import OmnictlError, did_you_mean
from omnictl.tracking.exports import json_schema, odcs, rudderstack, snowplow
from omnictl.tracking.exports.losses import Loss
from omnictl.tracking.plan import Plan

__all__ = ["FORMS", "Export", "Loss", "export"]

Files = dict[str, str]
_WRITERS: Mapping[str, Callable[[Plan, bool, str], tuple[Files, list[Loss]]]] = {
    "odcs": odcs.export,
    "json-schema": json_schema.export,
    "snowplow": snowplow.export,
    "rudderstack": rudderstack.export,
}
FORMS = ("odcs", "json-schema", "snowplow", "rudderstack")


@dataclass(frozen=True)
class Export:
    """A plan in another format.

    Attributes:
        files: the text of each, by its path with `/` below the folder they are written to.
        losses: what the plan says and the files do not.
    """

    files: Mapping[str, str]
    losses: Sequence[Loss]


def export(plan: Plan, form: str, *, extensions: bool = True, language: str = "en") -> Export:
    """A plan in one of FORMS.

    Args:
        extensions: whether what the format has no place for goes where it lets others add their own.
        language: of descriptions; where a text lacks it, English, else any.

    Raises:
        OmnictlError: no such form, or names of the plan that would overwrite each other.
    """
    write = _WRITERS.get(form)
    if write is None:
        raise OmnictlError(f"`{form}` is no form of a tracking plan", hint=did_you_mean(form, FORMS))
    _refuse_doubles(plan)
    files, lost = write(plan, extensions, language)
    return Export(files, tuple(lost))


def _refuse_doubles(plan: Plan) -> None:
    """Two events of one name, or two properties within an event, would be one in every format."""
    for name, count in Counter(event.name for event in plan.events).items():
        if count > 1:
            ids = ", ".join(f"`{event.id}`" for event in plan.events if event.name == name)
            raise OmnictlError(f"events {ids} are all called `{name}`", hint="give them each a `name` in tracking.yml")
    for event in plan.events:
        for name, count in Counter(each.name for each in event.properties).items():
            if count > 1:
                columns = ", ".join(f"`{each.column}`" for each in event.properties if each.name == name)
                message = f"properties {columns} of event `{event.id}` are all called `{name}`"
                raise OmnictlError(message, hint="give them each a `name` in tracking.yml")
