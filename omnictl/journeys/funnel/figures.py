"""The figures of a funnel: which attempt represents each unit, and how many came how far, how fast.

An attempt whose window is not over in the data is left out, converted or not, as if the period ended before it: to keep
those that have converted already would flatter the latest days. Units with no other attempt are counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omnictl.journeys.funnel.rules import Rules

if TYPE_CHECKING:
    import duckdb

# fate: 0 judged, 1 taken out by an exclusion, 2 the window is not over
_UNITS = """
create temp table funnel_units as
select attempt, unit, held, begun, fate, reached, {columns}
from (
  select *, row_number() over (partition by {each} order by fate, {best}, begun, attempt) as nth
  from (
    select *, case when not mature then 2 when removed then 1 else 0 end as fate, {reached} as reached
    from funnel_attempts
  ) as judged
) as ranked
where nth = 1
"""
_DONE = """
create temp table funnel_done as
{rows}
"""
_FIGURES = """
select step{cuts},
  count(case when fate = 0 then 1 end) as units,
  count(case when fate = 2 then 1 end) as immature,
  percentile_cont(0.5) within group (order by case when fate = 0 then since_first end) as median_first,
  avg(case when fate = 0 then since_first end) as mean_first,
  percentile_cont(0.5) within group (order by case when fate = 0 then since_previous end) as median_previous,
  avg(case when fate = 0 then since_previous end) as mean_previous,
  {people} as people
from ({told}) as told
group by step{cuts}
order by {order}
"""
# Each person counts once; who is not known counts as one person each time.
_PEOPLE = (
    "count(distinct case when fate = 0 then person_id end) + count(case when fate = 0 and person_id is null then 1 end)"
)
_REMOVED = "select count(*) from funnel_units where fate = 1"


@dataclass(frozen=True)
class StepFigures:
    """One step of one cut. Times are in milliseconds, among the units that did the step.

    Attributes:
        cut: the values of the cuts.
        units: that did the step.
        dropped: that did this required step and not the next one; None for the last and for optional ones.
        people: how many different people stand behind `units`; 0 where nobody asks.
        immature: whose window is not over and that did the step so far; in none of the other figures.
    """

    step: int
    cut: tuple[Any, ...]
    units: int
    dropped: int | None
    immature: int
    median_first: float | None
    mean_first: float | None
    median_previous: float | None
    mean_previous: float | None
    people: int = 0


def judge(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Make `funnel_units`, one attempt per unit (of entry `every`, all attempts), and `funnel_done`, one row per step
    done: attempt, unit, fate, step, at, row, since_first, since_previous. Of any order, step K is the K-th done."""
    converted = f"case when reached = {rules.steps} then 0 else 1 end"
    connection.execute(
        _UNITS.format(
            each="attempt" if rules.entry == "every" else "unit",
            best="reached desc" if rules.represents == "furthest" else converted,
            reached=reached(rules),
            columns=", ".join(f"at_{step}, row_{step}" for step in rules.numbers),
        )
    )
    connection.execute(_DONE.format(rows=_done(rules)))


def reached(rules: Rules) -> str:
    """SQL over attempts: the last required step that was done; of any order, how many steps were."""
    if rules.order == "any":
        return " + ".join(f"case when at_{step} is not null then 1 else 0 end" for step in rules.numbers)
    cases = " ".join(f"when at_{step} is not null then {step}" for step in reversed(rules.required))
    return f"case {cases} else 0 end"


def _done(rules: Rules) -> str:
    rows = "\nunion all\n".join(
        f"select attempt, unit, fate, reached, {step} as step, at_{step} as moment, row_{step} as row_place, begun,"
        f" at_{rules.before(step)} as previous_at from funnel_units where at_{step} is not null"
        for step in rules.numbers
    )
    step, previous = "step", "previous_at"
    if rules.order == "any":
        step = "row_number() over (partition by attempt order by moment, step)"
        previous = "coalesce(lag(moment) over (partition by attempt order by moment, step), begun)"
    return (
        f"select attempt, unit, fate, reached, {step} as step, moment, row_place,\n"
        f"  case when moment > begun then moment - begun else 0 end as since_first,\n"
        f"  case when moment > {previous} then moment - {previous} else 0 end as since_previous\n"
        f"from (\n{rows}\n) as done"
    )


def figures_of(
    connection: duckdb.DuckDBPyConnection,
    rules: Rules,
    told: str = "select * from funnel_done",
    cuts: Sequence[str] = (),
    *,
    people: bool = False,
) -> list[StepFigures]:
    """A row per cut and step, in order; steps nobody did too.

    Args:
        told: SQL that gives the rows of `funnel_done`, with the columns of the cuts.
        people: count people too; `told` has person_id then.
    """
    named = "".join(f", {cut}" for cut in cuts)
    order = ", ".join([*(f"{cut} nulls last" for cut in cuts), "step"])
    rows = connection.execute(
        _FIGURES.format(cuts=named, told=told, order=order, people=_PEOPLE if people else "0")
    ).fetchall()
    width = len(cuts)
    by_cut: dict[tuple[Any, ...], dict[int, Sequence[Any]]] = {} if cuts else {(): {}}
    for step, *rest in rows:
        by_cut.setdefault(tuple(rest[:width]), {})[step] = rest[width:]
    found = []
    for cut, steps in by_cut.items():
        for step in rules.numbers:
            units, immature, *times = steps.get(step, (0, 0, None, None, None, None, 0))
            following = min((each for each in rules.required if each > step), default=None)
            dropped = None
            if following is not None and step not in rules.optional:
                dropped = units - steps.get(following, (0,))[0]
            found.append(StepFigures(step, cut, units, dropped, immature, *times))
    return found


def removed_units(connection: duckdb.DuckDBPyConnection) -> int:
    """How many units (of entry `every`, attempts) exclusions took out."""
    row = connection.execute(_REMOVED).fetchone()
    return int(row[0]) if row else 0
