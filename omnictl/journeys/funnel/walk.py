"""Attempts: from each row that begins one, along the pointers of the spots, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from omnictl.journeys.funnel.rules import Exclusion, Rules
from omnictl.journeys.funnel.spots import Masks, walks_far

if TYPE_CHECKING:
    import duckdb

NEVER = 9_000_000_000_000_000_000  # of instants in milliseconds
PRIORITY: dict[str, int] = {"remove": 0, "drop": 1, "restart": 2}  # of exclusions at one instant

# `turn` counts the exclusions that restart: of each turn the first row begins an attempt.
_BEGINNINGS = """
create temp table funnel_beginnings as
select place, unit, held, moment
from (
  select place, unit, held, moment, row_number() over (partition by {each} order by moment, place) as nth
  from (
    select place, unit, held, moment, enters and ({begins}) as begins, {turn} as turn
    from funnel_rows
  ) as turned
  where begins
) as numbered
{kept}
"""
_ATTEMPTS = """
create temp table funnel_attempts as
with {walked},
judged as (select *, {hits} from {last}),
cut as (select *, {decided} from judged)
select attempt, unit, held, begun, until, {mature} as mature, {removed} as removed, {restarted} as restarted,
  {columns}
from cut
"""


def walk(connection: duckdb.DuckDBPyConnection, rules: Rules, masks: Masks, watermark: int | None) -> None:
    """Make `funnel_attempts`, one row per attempt: attempt (place of the row that begins it), unit, held, begun, until
    (the last instant of its window), mature (that instant lies inside the data), removed (an exclusion took it out),
    and by step at_J and row_J, NULL where it was not done.

    Args:
        watermark: up to when the data is complete; None: all windows are over.
    """
    connection.execute(_beginnings(rules))
    steps = list(_walked(rules, masks))
    last = steps[-1].split(" ", 1)[0]
    window = f"begun + {(rules.steps - 1) * rules.step_window}" if rules.step_window is not None else "until"
    connection.execute(
        _ATTEMPTS.format(
            walked=",\n".join(steps),
            last=last,
            hits=", ".join(_hits(rules)) or "1 as unhit",
            decided=_decided(rules),
            mature="true" if watermark is None else f"{window} <= {watermark}",
            removed="coalesce(decided, 9) = 0" if rules.exclusions else "false",
            restarted="coalesce(decided, 9) = 2" if rules.exclusions else "false",
            columns=", ".join(
                f"case when at_{step} <= cut_at then {name}_{step} end as {name}_{step}"
                for step in rules.numbers
                for name in ("at", "row")
            ),
        )
    )
    connection.execute("drop table funnel_beginnings")
    if rules.restarts and rules.entry == "first":
        connection.execute(_RESTARTED)


# Of a first entry that restarts, an attempt counts when each one before it was restarted.
_RESTARTED = """
delete from funnel_attempts
where attempt in (
  select attempt from (
    select attempt, count(case when not restarted then 1 end) over (
      partition by unit order by begun, attempt rows between unbounded preceding and 1 preceding
    ) as ended
    from funnel_attempts
  ) as counted
  where ended > 0
)
"""


def _beginnings(rules: Rules) -> str:
    turn = "0"
    if rules.restarts and rules.entry == "first":
        gone = " or ".join(
            f"gone_{number}" for number, each in enumerate(rules.exclusions, 1) if each.effect == "restart"
        )
        turn = (
            f"count(case when {gone} then 1 end) over"
            " (partition by unit order by moment range between unbounded preceding and current row)"
        )
    return _BEGINNINGS.format(
        begins=" or ".join(f"step_{step}" for step in rules.blocks[0]),
        each="unit, turn",
        turn=turn,
        kept="where nth = 1" if rules.entry == "first" else "",
    )


def _walked(rules: Rules, masks: Masks) -> Iterator[str]:
    """Named parts of a WITH, one per step; the last has all of them."""
    if rules.order == "any":
        yield from _in_any_order(rules)
    else:
        yield from _in_order(rules, masks)


def _in_order(rules: Rules, masks: Masks) -> Iterator[str]:
    far = walks_far(rules, masks)
    spot = "spot.place = begin.place"
    if rules.order != "strict":
        spot = "spot.unit = begin.unit and spot.held = begin.held and spot.moment = begin.moment"
    columns = [
        "begin.place as attempt, begin.unit, begin.held, begin.moment as begun, spot.until, begin.moment as at_1"
    ]
    columns += ["begin.place as row_1, spot.place as spot_1"]
    columns += ["spot.depth_1 as depth"] if _by_depth(rules) else []
    columns += ["spot.far_0 as far_1"] if far else []
    columns += _onward(rules, 1, "spot.depth_1")
    yield (
        f"walked_1 as (\n  select {', '.join(columns)}\n  from funnel_beginnings as begin\n"
        f"  join funnel_spots as spot on {spot}\n)"
    )
    if rules.order == "strict":
        order = [(step, step - 1) for step in rules.numbers[1:]]
    else:
        needed = rules.required
        order = [(step, before) for before, step in pairwise(needed)]
        order += [(step, step - 1) for step in sorted(rules.optional)]
    previous = 1
    for step, before in order:
        yield _step(rules, step, before, f"walked_{previous}", far=far)
        previous = step


def _step(rules: Rules, step: int, before: int, previous: str, *, far: bool) -> str:
    """One more step: the spot its pointer names, if it lies inside the window."""
    pointer = f"walked.next_{before}_{step}"
    if far:
        pointer = f"case when walked.far_{before} >= {step} then walked.spot_{before} else {pointer} end"
    within = "spot.moment <= walked.until"
    if rules.step_window is not None:
        within = f"spot.moment <= walked.at_{before} + {rules.step_window}" if rules.order == "strict" else "true"
        if rules.order == "strict" and rules.optional:
            within = f"spot.moment <= walked.last_{before} + {rules.step_window}"
    if step in rules.optional and rules.order == "ordered":
        following = min(each for each in rules.required if each > step)
        sign = "<" if rules.ties == -1 else "<="
        within += f" and (walked.at_{following} is null or spot.moment {sign} walked.at_{following})"
    columns = [f"walked.*, spot.moment as at_{step}, spot.row_{step}, spot.place as spot_{step}"]
    if far:
        columns += [
            f"case when walked.far_{before} >= {step} then walked.far_{before}"
            f" else spot.far_{step - 1} end as far_{step}"
        ]
    columns += _onward(rules, step, "walked.depth", before if step in rules.optional else None)
    return (
        f"walked_{step} as (\n  select {', '.join(columns)}\n  from {previous} as walked\n"
        f"  left join funnel_spots as spot on spot.place = {pointer} and {within}\n)"
    )


def _by_depth(rules: Rules) -> bool:
    return rules.step_window is not None and rules.order == "ordered"


def _onward(rules: Rules, step: int, depth: str, skipped: int | None = None) -> list[str]:
    """The pointers and the instants of exclusions from where a step was done.

    Args:
        skipped: of an optional step, the one before it: who left it out still stands there.
    """

    def told(column: str, name: str, rest: str = "") -> str:
        own = f"spot.{column}"
        if skipped is not None:
            own = f"case when spot.place is not null then {own} else walked.{name}_{skipped}{rest} end"
        return f"{own} as {name}_{step}{rest}"

    end = min((each for each in rules.required if each > step), default=step)
    ahead = range(step + 1, end + 1)
    if _by_depth(rules):
        found = []
        for each in ahead:
            cases = " ".join(f"when {deep} then spot.to_{each}_{deep}" for deep in range(each, rules.steps + 1))
            found.append(f"case {depth} {cases} end as next_{step}_{each}")
        return found
    found = [told(f"to_{each}", "next", f"_{each}") for each in ahead]
    for number, exclusion in enumerate(rules.exclusions, 1):
        if exclusion.first == step:
            found.append(f"spot.gone_{number} as hit_{number}")
    if rules.order == "strict":
        found += [told("next_at", "broken"), told("moment", "last")]
    return found


def _in_any_order(rules: Rules) -> Iterator[str]:
    """A group of steps after the other: each step of a group where it is first done, the next group after the last."""
    columns = ["begin.place as attempt, begin.unit, begin.held, begin.moment as begun, spot.until"]
    blocks = rules.blocks
    first = blocks[0]
    columns += [f"spot.gone_{number} as hit_{number}" for number in range(1, len(rules.exclusions) + 1)]
    if len(first) == 1:
        columns += ["spot.place as pointer_1"]
    else:
        columns += [f"spot.here_{step} as pointer_{step}" for step in first]
    yield (
        f"begun_1 as (\n  select {', '.join(columns)}\n  from funnel_beginnings as begin\n  join funnel_spots as spot"
        " on spot.unit = begin.unit and spot.held = begin.held and spot.moment = begin.moment\n)"
    )
    previous = "begun_1"
    for number, block in enumerate(blocks):
        for step in block:
            row = "walked.attempt" if block is first and len(first) == 1 else f"spot.row_{step}"
            yield (
                f"walked_{step} as (\n  select walked.*, spot.moment as at_{step}, spot.place as spot_{step},"
                f" case when spot.place is not null then {row} end as row_{step}\n  from {previous} as walked\n"
                f"  left join funnel_spots as spot\n"
                f"    on spot.place = walked.pointer_{step} and spot.moment <= walked.until\n)"
            )
            previous = f"walked_{step}"
        if number + 1 < len(blocks):
            done = " and ".join(f"spot_{step} is not null" for step in block)
            ended = f"greatest({', '.join(f'spot_{step}' for step in block)})" if len(block) > 1 else f"spot_{block[0]}"
            pointers = ", ".join(f"spot.to_{step} as pointer_{step}" for step in blocks[number + 1])
            yield (
                f"begun_{number + 2} as (\n  select walked.*, {pointers}\n"
                f"  from (\n    select *, case when {done} then {ended} end as block_end_{number + 1} from {previous}\n"
                "  ) as walked\n"
                f"  left join funnel_spots as spot on spot.place = walked.block_end_{number + 1}\n)"
            )
            previous = f"begun_{number + 2}"


def _hits(rules: Rules) -> Iterator[str]:
    """When each exclusion happens inside its span and the attempt's window; NEVER where it does not."""
    limit = "until"
    if rules.step_window is not None:
        limit = str(NEVER)
    if rules.order == "strict":
        limit = f"least({limit}, {_broken(rules)})"
    for number, each in enumerate(rules.exclusions, 1):
        ended = f"at_{each.last} is not null and hit_{number} >= at_{each.last}"
        if rules.order == "any":
            done = " and ".join(f"at_{step} is not null" for step in rules.numbers)
            ended = f"{done} and hit_{number} >= greatest({', '.join(f'at_{step}' for step in rules.numbers)})"
        yield (
            f"case when hit_{number} is null or hit_{number} > {limit} or ({ended}) then {NEVER}"
            f" else hit_{number} end as struck_{number}"
        )


def _broken(rules: Rules) -> str:
    """SQL, of order strict: the instant of the row that broke an attempt, or that follows a complete one."""
    cases = []
    for step in reversed(rules.numbers):
        cases.append(f"when at_{step} is not null then coalesce(broken_{step}, {NEVER})")
    return f"case {' '.join(cases)} else {NEVER} end"


def _decided(rules: Rules) -> str:
    """The exclusion that happens first decides; of several at one instant the gravest."""
    if not rules.exclusions:
        return f"{NEVER} as cut_at"
    struck = [f"struck_{number}" for number in range(1, len(rules.exclusions) + 1)]
    first = f"least({', '.join(struck)})" if len(struck) > 1 else struck[0]
    ordered = sorted(enumerate(rules.exclusions, 1), key=lambda each: _grave(each[1]))
    cases = " ".join(f"when struck_{number} = {first} then {_grave(each)}" for number, each in ordered)
    return f"{first} as cut_at, case when {first} = {NEVER} then null {cases} end as decided"


def _grave(exclusion: Exclusion) -> int:
    return PRIORITY[exclusion.effect]
