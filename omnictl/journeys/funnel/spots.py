"""Spots: where a unit stands at an instant, and from there the nearest spot at which each step can be done.

A spot is an instant of a unit; of order `strict` it is a row. Every pointer is worked out by a window over the spots of
a unit, so that a unit with many rows costs no more than many units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from omnictl.journeys.funnel.rules import LATER, Rules, check_rules

if TYPE_CHECKING:
    import duckdb

Masks = frozenset[frozenset[int]]  # for each sort of rows, the steps it can be

_MASKS = "select distinct {flags} from funnel_rows where {either}"
_INSTANTS = """
create temp table funnel_instants as
select min(place) as place, unit, held, moment, min(until) as until, {columns}
from funnel_rows
group by unit, held, moment
"""
_SPOTS = """
create temp table funnel_spots as
select {columns}
from funnel_instants
window after as (partition by unit, held order by moment range between 1 following and unbounded following),
    here as (partition by unit, held order by moment rows between current row and unbounded following),
    ahead as (partition by unit, held order by moment {ahead})
"""
# A row that follows at once is the next one; with ties that must increase, if it is later.
_ROWS = """
create temp table funnel_spots as
select {columns}
from funnel_rows
window follows as (partition by unit, held order by place),
    after as (partition by unit, held order by moment range between 1 following and unbounded following)
"""


def find_spots(connection: duckdb.DuckDBPyConnection, rules: Rules, same: Iterable[tuple[int, int]] = ()) -> Masks:
    """Make `funnel_spots`: place, unit, held, at, until, row_1 … (the first row that can be each step), and pointers.

    `to_J` is the place of the nearest spot at which step J can be done, `here_J` the same from the spot itself on,
    `to_J_D` of a window per step: the nearest from which step D can still be reached; `depth_J` the last step that can
    be reached by who does J here; `far_I` how far one gets here who comes with I steps done; `gone_E` the instant of
    the next exclusion E; `next_at` that of the next row.

    Args:
        same: pairs of steps that are the same condition; what the rows say is found out here.

    Returns:
        For each sort of rows, the steps it can be.

    Raises:
        OmnictlError: rules that do not go together.
    """
    check_rules(rules, sorted(same))
    masks = _masks(connection, rules)
    check_rules(rules, sorted({pair for mask in masks for pair in combinations(sorted(mask), 2)}))
    if rules.order == "strict":
        connection.execute(_ROWS.format(columns=", ".join(_of_rows(rules))))
        return masks
    connection.execute(_INSTANTS.format(columns=", ".join(_of_instants(rules, masks))))
    if rules.step_window is not None:
        connection.execute(_stepped(rules))
    else:
        connection.execute(_SPOTS.format(columns=", ".join(_of_spots(rules, masks)), ahead=_frame(rules, masks)))
    connection.execute("drop table funnel_instants")
    return masks


def walks_far(rules: Rules, masks: Masks) -> bool:
    """Whether several steps may be done at one instant by rows that can each be several of them."""
    several = any(len(mask) > 1 for mask in masks)
    return several and rules.order == "ordered" and rules.ties == 0 and rules.step_window is None


def _masks(connection: duckdb.DuckDBPyConnection, rules: Rules) -> Masks:
    flags = [f"step_{step}" for step in rules.numbers]
    found = connection.execute(_MASKS.format(flags=", ".join(flags), either=" or ".join(flags))).fetchall()
    return frozenset(frozenset(step for step, flag in zip(rules.numbers, row, strict=True) if flag) for row in found)


def _of_instants(rules: Rules, masks: Masks) -> Iterator[str]:
    for step in rules.numbers:
        yield f"min(case when step_{step} then place end) as row_{step}"
    for number in range(1, len(rules.exclusions) + 1):
        yield f"max(case when gone_{number} then moment end) as gone_{number}"
    if walks_far(rules, masks):
        spans = combinations(range(1, rules.steps + 1), 2)
        for several in sorted({each for low, high in spans for each, _ in _crowds(low, high, masks)}):
            condition = " or ".join(f"step_{step}" for step in several)
            yield f"count(case when {condition} then 1 end) as {_crowd(several)}"


def _frame(rules: Rules, masks: Masks) -> str:
    """From where on the next step is looked for."""
    if rules.grace:
        return f"range between {rules.ties} preceding and unbounded following"
    inclusive = rules.ties != LATER and not walks_far(rules, masks)
    return f"rows between {'current row' if inclusive else '1 following'} and unbounded following"


def _of_spots(rules: Rules, masks: Masks) -> Iterator[str]:
    yield "place, unit, held, moment, until"
    for step in rules.numbers:
        yield f"row_{step}"
        there = f"min(case when row_{step} is not null then place end)"
        yield f"{there} over ahead as to_{step}"
        if step in rules.blocks[0] and len(rules.blocks[0]) > 1:
            yield f"{there} over here as here_{step}"
    yield from _gone(rules)
    if walks_far(rules, masks):
        for done in range(rules.steps):
            yield f"{_far(done, rules.steps, masks)} as far_{done}"


def _of_rows(rules: Rules) -> Iterator[str]:
    yield "place, unit, held, moment, until, lead(moment) over follows as next_at"
    later = " and lead(moment) over follows > moment" if rules.ties == LATER else ""
    for step in rules.numbers:
        yield f"case when step_{step} then place end as row_{step}"
        yield f"case when lead(step_{step}) over follows{later} then lead(place) over follows end as to_{step}"
    for number in range(1, len(rules.exclusions) + 1):
        yield f"min(case when gone_{number} then moment end) over after as gone_{number}"


def _gone(rules: Rules) -> Iterator[str]:
    for number in range(1, len(rules.exclusions) + 1):
        yield f"min(gone_{number}) over after as gone_{number}"


def _stepped(rules: Rules) -> str:
    """Spots of a window per step: from the last step back, how far one gets who does a step here."""
    first = 1 if rules.ties == LATER else 0
    since = f"{rules.ties} preceding" if rules.grace else f"{first} following" if first else "current row"
    within = f"(partition by unit, held order by moment range between {since} and {rules.step_window} following)"
    rows = ", ".join(f"row_{step}" for step in rules.numbers)
    last = rules.steps
    named = [
        f"deep_{last} as (select *, case when row_{last} is not null then {last} end as depth_{last}"
        " from funnel_instants)"
    ]
    for step in range(last - 1, 0, -1):
        deeper = f"coalesce(max(depth_{step + 1}) over {within}, {step})"
        named.append(
            f"deep_{step} as (select *, case when row_{step} is not null then {deeper} end as depth_{step}"
            f" from deep_{step + 1})"
        )
    pointers = [
        f"min(case when depth_{step} >= {depth} then place end) over {within} as to_{step}_{depth}"
        for step in range(2, last + 1)
        for depth in range(step, last + 1)
    ]
    columns = ", ".join(["place, unit, held, moment, until, depth_1", rows, *pointers])
    return "create temp table funnel_spots as\nwith " + ",\n".join(named) + f"\nselect {columns}\nfrom deep_1"


def _crowds(low: int, high: int, masks: Masks) -> Iterator[tuple[tuple[int, ...], int]]:
    """Sets of several of the steps low … high, and how many rows one instant needs that can be one of a set, for all
    its steps to be done there by rows of their own (Hall's condition). Of the sets that the same rows can be, the
    largest tells all."""
    tied = [step for step in range(low, high + 1) if any(step in mask and len(mask) > 1 for mask in masks)]
    largest: dict[Masks, tuple[int, ...]] = {}
    for size in range(2, len(tied) + 1):
        for several in combinations(tied, size):
            largest[frozenset(mask for mask in masks if mask.intersection(several))] = several
    for several in largest.values():
        yield several, len(several)


def _crowd(several: Sequence[int]) -> str:
    return "crowd_" + "_".join(map(str, several))


def _far(done: int, steps: int, masks: Masks) -> str:
    """SQL: the last step that can be done at an instant by who comes with so many done, each by a row of its own."""
    cases = []
    for high in range(steps, done, -1):
        needed = [f"row_{step} is not null" for step in range(done + 1, high + 1)]
        needed += [f"{_crowd(several)} >= {count}" for several, count in _crowds(done + 1, high, masks)]
        cases.append(f"when {' and '.join(needed)} then {high}")
    return f"case {' '.join(cases)} else {done} end"
