"""Coverage as tables: one line per KPI and cut for people, one per reason for programs, counts per owner."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from omnictl.render.table import Col, Table
from omnictl.tracking.coverage.removal import Change
from omnictl.tracking.coverage.verdict import STATES, Line, Reason
from omnictl.tracking.coverage.words import HEADINGS, remedy, told
from omnictl.tracking.coverage.words import STATES as IN_WORDS

UNITS = {"rows": "count", "of": "count", "rows_in_all": "count", "share": "ratio", "more": "count"}


def chosen(
    lines: Iterable[Line], states: Collection[str] = (), by: Collection[str] = (), *, channels: bool = True
) -> list[Line]:
    """The lines in some states; without `channels`, those of all channels, unless `by` asks for them."""
    each_channel = channels or "channel" in by
    return [line for line in lines if (not states or line.state in states) and (each_channel or not line.channel)]


def for_people(lines: Iterable[Line], lang: str) -> Table:
    """One row per KPI and cut: its state, and the gravest reason."""
    names = ("kpi", "cut", "channel", "state", "code", "reason", "rows", "share", "owner", "fix", "more")
    found = []
    for line in lines:
        first = line.reasons[0] if line.reasons else None
        more = max(0, len({(each.code, each.column, each.source) for each in line.reasons}) - 1)
        found.append(
            (
                line.kpi,
                line.cut,
                line.channel,
                _state(line.state, lang),
                *(_shown(first, lang) if first is not None else ("", "", line.rows, None, line.owner, "")),
                more or None,
            )
        )
    kept = [
        name for number, name in enumerate(names) if name not in ("cut", "channel") or any(row[number] for row in found)
    ]
    places = [names.index(name) for name in kept]
    return Table(_columns(kept, lang), [tuple(row[place] for place in places) for row in found])


def _shown(reason: Reason, lang: str) -> tuple[Any, ...]:
    where = f" ({reason.channel})" if reason.channel else ""
    return (
        reason.code, told(reason, lang) + where, reason.rows, reason.share, reason.owner, remedy(reason, lang)
    )  # fmt: skip


def for_programs(lines: Iterable[Line], lang: str) -> Table:
    """One row per reason; a line that is well has one. `state` is the line's, `effect` that of the reason alone."""
    names = (
        "kpi", "cut", "channel", "state", "rows_in_all", "code", "effect", "reason", "event", "property", "source",
        "on_channel", "rows", "of", "share", "owner", "fix", "from",
    )  # fmt: skip
    return Table(_columns(names, lang), [row for line in lines for row in _long(line, lang)])


def _long(line: Line, lang: str) -> Iterator[tuple[Any, ...]]:
    head = (line.kpi, line.cut, line.channel, line.state, line.rows)
    if not line.reasons:
        yield (*head, *([None] * 7), line.rows, line.rows, None, line.owner, None, None)
    for each in line.reasons:
        yield (
            *head, each.code, each.state, told(each, lang), each.event or None, each.column or None,
            each.source or None, each.channel or line.channel or None, each.rows, each.of, each.share,
            each.owner or None, remedy(each, lang), each.day,
        )  # fmt: skip


def summary(lines: Sequence[Line], lang: str) -> Table:
    """How many KPIs and cuts are in each state, by whom to ask: the owner of the gravest reason, or of the KPI."""
    states = list(reversed(STATES))
    counts: dict[str, dict[str, int]] = {}
    for line in lines:
        owner = (line.reasons[0].owner if line.reasons else line.owner) or line.owner
        for name in (HEADINGS.get(lang, HEADINGS["en"])["all"], owner):
            counts.setdefault(name, dict.fromkeys(states, 0))[line.state] += 1
    columns = _columns(["owner"], lang) + [Col(state, "count", _state(state, lang)) for state in states]
    whole, *owners = counts or {"": dict.fromkeys(states, 0)}
    owners.sort(key=lambda owner: (*(-counts[owner][state] for state in states), owner))
    return Table(columns, [(owner, *counts[owner].values()) for owner in [whole, *owners] if owner in counts])


def changes(found: Iterable[Change], lang: str, *, people: bool) -> Table:
    """What breaks: the state before and after, in words for people, as in other tables for programs; and why."""

    def state(told: str) -> str:
        return _state(told, lang) if people else told

    names = (
        "kpi", "cut", "channel", "before", "after", "code", "reason", "event", "property", "source", "rows", "share",
        "owner", "fix",
    )  # fmt: skip
    rows = [
        (
            each.line.kpi, each.line.cut, each.line.channel, state(each.before), state(each.line.state),
            reason.code, told(reason, lang), reason.event, reason.column, reason.source, reason.rows, reason.share,
            reason.owner, remedy(reason, lang),
        )
        for each in found
        for reason in each.reasons
    ]  # fmt: skip
    return Table(_columns(names, lang), rows)


def _state(state: str, lang: str) -> str:
    return IN_WORDS.get(lang, IN_WORDS["en"])[state]


def _columns(names: Iterable[str], lang: str) -> list[Col]:
    words = HEADINGS.get(lang, HEADINGS["en"])
    return [Col(name, UNITS.get(name, ""), words.get(name, "")) for name in names]
