"""Whether versions say how much of a plan has changed: a breaking change wants a new first number, any other a new
second one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from omnictl.errors import Place
from omnictl.tracking.changes.compare import VERSION, Change
from omnictl.tracking.plan import Plan


def version_faults(old: Plan, new: Plan, found: Iterable[Change]) -> list[Change]:
    """Events whose version does not say how much has changed, and the plan where sources, needs or KPIs have.

    Plans without a file have no versions: nothing is said of them.
    """
    if new.place is None or old.place is None:
        return []
    told = list(found)
    versions: list[tuple[str, str, str, Place | None]] = [("", old.version, new.version, new.place)]
    for event in new.events:
        before = old.event(event.id)
        versions += [(event.id, before.version, event.version, event.place)] if before is not None else []
    faults = []
    for name, then, now, place in versions:
        wanted = _wanted(then, [each for each in told if each.event == name])
        if wanted and _numbers(now) < _numbers(wanted):
            faults.append(
                Change(VERSION, "version-too-low", name, old=then, new=now, wanted=wanted, place=place or new.place)
            )
    return faults


def _wanted(version: str, own: Sequence[Change]) -> str:
    """The version that an event must have at least."""
    first, second, _ = _numbers(version)
    if any(each.breaking for each in own):
        return f"{first + 1}.0.0"
    return f"{first}.{second + 1}.0" if own else ""


def _numbers(version: str) -> tuple[int, int, int]:
    first, second, third = (int(part) for part in version.split("."))
    return first, second, third
