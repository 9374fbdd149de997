"""From the store to the rows a funnel judges: who did what when, and which steps it can be.

`funnel_rows`: place (a number in the order of unit, held, instant, first step, source, id), unit, held, moment (ms
since 1970), until (the last ms of a window that begins here, or with the end of the row), enters (inside the period),
step_1 …, gone_1 …, cut_1 …, source, interaction_id, need_id, person_id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from omnictl.build.clock import Clock, literal
from omnictl.compiler.conditions import compared
from omnictl.compiler.lookups import Grounds, Lookups
from omnictl.compiler.spelling import text_of
from omnictl.compiler.timeline import instant_of
from omnictl.engines.connection import one_of
from omnictl.journeys.funnel.definition import Span, Unit
from omnictl.journeys.funnel.steps import Condition

if TYPE_CHECKING:
    import duckdb

    from omnictl.zone import Zone

DAY = timedelta(days=1)
INTERACTION = {"interactions": "r", "steps": "i"}  # the alias of the interaction a row is or belongs to
TIMES = {"interactions": "started_at", "steps": "occurred_at"}
# When a row is over. One without an end, or with one before its start, ends as it starts; so does an event.
OVER = {
    "interactions": "case when r.ended_at > r.started_at then r.ended_at else r.started_at end",
    "steps": "r.occurred_at",
}
# A need holds what its person did for its intent between its ends: the silence before and after holds nothing.
_NEEDS = """
join needs as n on n.scope = 'all' and n.person_id = p.person_id and n.intent = {i}.intent
  and {i}.started_at >= n.first_at and {i}.started_at <= n.last_end and {i}.direction = 'inbound'"""
_SEEN = """
select {columns}
from {relation} as r{joins}
where {conditions}"""
_ROWS = """
create temp table funnel_rows as
with {tables}seen as (
{seen}
), placed as (
  select *, cast(round(epoch(stamp) * 1000) as bigint) as moment, {unit} as unit, {held} as held
  from seen
  where {kept}
)
select row_number() over (order by {order}) as place, unit, held, moment, {until} as until, {enters} as enters,
  {columns}
from placed
"""
_KNOWN = """
with {tables}seen as (
{seen}
)
select count(*), count(case when person_id is not null then 1 end) from seen where step_1 and {enters}
"""


@dataclass(frozen=True)
class Sought:
    """What is looked for in the store.

    Attributes:
        steps, gone: the conditions of steps and exclusions.
        breaking: of order strict: the channels whose rows break it, none for all; None for other orders. Where a step
            is an event, other events and contacts do; else interactions.
        hold, cuts: by relation, what is held constant and what is cut by.
        where: by relation, the asker's condition.
        start, end: instants between which an attempt may begin.
        lasts: how long after `end` rows are looked at.
        before: how long before the first one.
        from_end: `until` is counted from the end of a row, not its beginning.
    """

    steps: Sequence[Condition]
    gone: Sequence[Condition]
    unit: Unit
    span: Span
    zone: Zone
    breaking: tuple[str, ...] | None = None
    hold: dict[str, list[exp.Expression]] = field(default_factory=dict)
    cuts: dict[str, list[exp.Expression]] = field(default_factory=dict)
    where: dict[str, exp.Expression] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    lasts: timedelta = timedelta(0)
    before: timedelta = timedelta(0)
    from_end: bool = False

    @property
    def relations(self) -> list[str]:
        found = {each.relation for each in (*self.steps, *self.gone)}
        return sorted(found | {"interactions"} if self.breaking is not None else found)

    @property
    def by_event(self) -> bool:
        """Whether some step is an event."""
        return any(each.relation == "steps" for each in self.steps)


def read_rows(con: duckdb.DuckDBPyConnection, sought: Sought, grounds: Grounds) -> None:
    """Make `funnel_rows`. What has no unit, is excluded, or lacks what is held constant is left out."""
    low, high = _bounds(con, sought)
    tables: dict[str, str] = {}
    seen = "\nunion all\n".join(_seen(each, sought, grounds, tables) for each in sought.relations)
    flags = [*_numbered("step", sought.steps), *_numbered("gone", sought.gone)]
    holds = _holds(sought)
    asked = [*flags, *(["breaks"] if sought.breaking is not None else [])]
    kept = [f"({' or '.join(asked)})", *(f"{name} is not null" for name in holds)]
    kept += ["person_id is not null"] if sought.unit == "person" else []
    cuts = [f"cut_{number}" for number in range(1, _width(sought.cuts) + 1)]
    con.execute(
        _ROWS.format(
            tables="".join(f"{name} as (\n{text}\n), " for name, text in tables.items()),
            seen=seen,
            kept=" and ".join(kept),
            unit=_unit(sought.unit),
            held=f"dense_rank() over (order by {', '.join(holds)})" if holds else "0",
            order=_order(len(sought.steps)),
            until=_until(sought, low, high),
            enters=_enters(sought),
            columns=", ".join([*flags, *cuts, "source, interaction_id, need_id, person_id"]),
        )
    )


def known_people(con: duckdb.DuckDBPyConnection, sought: Sought, grounds: Grounds) -> tuple[int, int]:
    """How many rows could begin an attempt, and of how many of them the person is known."""
    tables: dict[str, str] = {}
    relation = sought.steps[0].relation
    alone = Sought(sought.steps[:1], (), "person", sought.span, sought.zone, where=sought.where)
    seen = _seen(relation, alone, grounds, tables)
    named = "".join(f"{name} as (\n{text}\n), " for name, text in tables.items())
    row = con.execute(_KNOWN.format(tables=named, seen=seen, enters=_enters(sought))).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _seen(relation: str, sought: Sought, grounds: Grounds, tables: dict[str, str]) -> str:
    """The rows of one relation."""
    lookups = Lookups(grounds, relation)
    i = INTERACTION[relation]

    def told(tree: exp.Expression) -> str:
        tree = compared(tree).copy()
        for column in list(tree.find_all(exp.Column)):
            if not column.table:
                column.set("table", exp.to_identifier("r"))
        return text_of(lookups.lowered(tree))

    over = OVER[relation] if sought.from_end else f"r.{TIMES[relation]}"
    columns = [f"r.{TIMES[relation]} as stamp, {over} as over_at, r.source, r.interaction_id, p.person_id"]
    columns.append("r.seq as seq, r.step_id as step_id" if relation == "steps" else "0 as seq, '' as step_id")
    columns.append("n.need_id" if sought.unit == "need" else "'' as need_id")
    for prefix, flagged in (("step", sought.steps), ("gone", sought.gone)):
        for number, each in enumerate(flagged, 1):
            flag = f"coalesce({told(each.tree)}, false)" if each.relation == relation else "false"
            columns.append(f"{flag} as {prefix}_{number}")
    if sought.breaking is not None:
        breaks = one_of(f"{i}.channel", sought.breaking) if sought.breaking else "true"
        if relation == "interactions" and sought.by_event:  # a visit begins with its first event, and is told by them
            breaks = f"({breaks}) and r.kind = 'contact'"
        columns.append(f"{breaks} as breaks")
    for prefix, trees in (("hold", sought.hold), ("cut", sought.cuts)):
        columns += [f"{told(tree)} as {prefix}_{number}" for number, tree in enumerate(trees.get(relation, ()), 1)]
    conditions = [f"{i}.excluded = ''", *_times(f"r.{TIMES[relation]}", sought)]
    conditions += [f"({told(sought.where[relation])})"] if relation in sought.where else []
    joins = ""
    if relation == "steps":
        joins += "\njoin interactions as i on i.source = r.source and i.interaction_id = r.interaction_id"
    joins += "\nleft join identities as p on p.source = r.source and p.interaction_id = r.interaction_id"
    joins += _NEEDS.format(i=i) if sought.unit == "need" else ""
    joins += lookups.joins()
    tables.update(lookups.steps())
    return _SEEN.format(
        columns=",\n  ".join(columns), relation=relation, joins=joins, conditions="\n  and ".join(conditions)
    )


def _times(column: str, sought: Sought) -> Iterator[str]:
    if sought.start is not None:
        yield f"{column} >= {literal(sought.start - sought.before)}"
    if sought.end is not None:
        yield f"{column} < {literal(sought.end + sought.lasts)}"


def _enters(sought: Sought) -> str:
    tests = [f"stamp >= {literal(sought.start)}"] if sought.start is not None else []
    tests += [f"stamp < {literal(sought.end)}"] if sought.end is not None else []
    return " and ".join(tests) or "true"


def _unit(unit: Unit) -> str:
    if unit == "person":
        return "person_id"
    return f"dense_rank() over (order by {'need_id' if unit == 'need' else 'source, interaction_id'})"


def _order(steps: int) -> str:
    first = " ".join(f"when step_{step} then {step}" for step in range(1, steps + 1))
    last = " ".join(f"when step_{step} then {step}" for step in range(steps, 0, -1))
    ranked = f"case {first} else {steps + 1} end, case {last} else 0 end"
    return f"unit, held, moment, {ranked}, source, interaction_id, seq, step_id"


def _until(sought: Sought, low: datetime, high: datetime) -> str:
    """SQL: the last millisecond of a window that begins at a row, or with its end."""
    if sought.span.milliseconds is not None:
        return f"cast(round(epoch(over_at) * 1000) as bigint) + {sought.span.milliseconds}"
    days = (sought.span.days or 0) + 1
    day = Clock.of(sought.zone, low, high).day("over_at")
    ended = f"cast({day} + interval '{days}' day as timestamp)"
    instant = instant_of(ended, sought.zone, low - DAY, high + (days + 2) * DAY)
    return f"cast(round(epoch({instant}) * 1000) as bigint) - 1"


def _bounds(con: duckdb.DuckDBPyConnection, sought: Sought) -> tuple[datetime, datetime]:
    """The first and the last instant of the rows; the clock's changes between them are written into the SQL."""
    from omnictl.zone import FIRST, LAST

    if sought.start is not None and sought.end is not None:
        return sought.start - sought.before, sought.end + sought.lasts
    overs = {each: OVER[each] if sought.from_end else f"r.{TIMES[each]}" for each in sought.relations}
    wanted = " union all ".join(
        f"select r.{TIMES[each]} as stamp, {over} as over_at from {each} as r" for each, over in overs.items()
    )
    row = con.execute(f"select min(stamp), max(over_at) from ({wanted}) as stamps").fetchone()
    low, high = row if row and row[0] is not None else (FIRST, FIRST)
    return max(low, FIRST), min(max(high, FIRST), LAST)


def _numbered(prefix: str, conditions: Sequence[Condition]) -> list[str]:
    return [f"{prefix}_{number}" for number in range(1, len(conditions) + 1)]


def _width(trees: dict[str, list[exp.Expression]]) -> int:
    return max((len(each) for each in trees.values()), default=0)


def _holds(sought: Sought) -> list[str]:
    return [f"hold_{number}" for number in range(1, _width(sought.hold) + 1)]
