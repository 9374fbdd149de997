"""What a funnel counts, apart from where its rows come from; and which rules do not go together.

Steps are numbered from 1. Times are milliseconds, as `moment` of the rows is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from omnictl.errors import OmnictlError

Order = Literal["ordered", "strict", "any"]
Entry = Literal["first", "any", "every"]
Represents = Literal["furthest", "converted"]
Effect = Literal["remove", "drop", "restart"]
ORDERS, ENTRIES, EFFECTS = get_args(Order), get_args(Entry), get_args(Effect)
REPRESENTS = get_args(Represents)
LATER = -1  # ties: a step must come at a later instant than the one before; 0 and more: the grace in milliseconds
MAX_STEPS = 10


@dataclass(frozen=True)
class Exclusion:
    """What must not happen after step `first` is done and before step `last` is; strictly between the two instants."""

    first: int
    last: int
    effect: Effect = "remove"


@dataclass(frozen=True)
class Rules:
    """How attempts are made and judged.

    Attributes:
        steps: how many there are.
        optional: steps that may be left out.
        order: ordered: other things may happen between; strict: nothing may that is said to break it; any: all that is
            not `anchored` stands in any order.
        anchored: of order `any`: steps that keep their place; those between two of them come in any order.
        step_window: how many milliseconds after the step before a step may come; None: the window runs from step 1,
            to `until` of its row.
        entry: first: the unit's first row of step 1 begins its only attempt; any: every row of step 1 begins one,
            and the best represents the unit; every: each attempt counts.
        represents: furthest: the attempt that came furthest, of those the earliest; converted: the first that
            converted, else the first.
        ties: LATER, or how much earlier than the step before a step may stand; 0: rows at one instant count in the
            order of the steps.
        exclusions: in the order of the columns x1 … of the rows.
        held: whether the rows of a unit are told apart by what is held constant.
    """

    steps: int
    optional: frozenset[int] = frozenset()
    order: Order = "ordered"
    anchored: frozenset[int] = frozenset()
    step_window: int | None = None
    entry: Entry = "any"
    represents: Represents = "furthest"
    ties: int = 0
    exclusions: tuple[Exclusion, ...] = ()
    held: bool = False

    @property
    def required(self) -> list[int]:
        return [step for step in self.numbers if step not in self.optional]

    @property
    def numbers(self) -> range:
        return range(1, self.steps + 1)

    @property
    def grace(self) -> bool:
        return self.ties > 0

    @property
    def restarts(self) -> bool:
        return any(each.effect == "restart" for each in self.exclusions)

    @property
    def blocks(self) -> list[list[int]]:
        """The steps in groups that come one after the other; within a group any order does."""
        if self.order != "any":
            return [[step] for step in self.numbers]
        found: list[list[int]] = []
        for step in self.numbers:
            if not found or step in self.anchored or found[-1][-1] in self.anchored:
                found.append([step])
            else:
                found[-1].append(step)
        return found

    def before(self, step: int) -> int:
        """The required step before another one."""
        return max((each for each in self.required if each < step), default=1)


def check_rules(rules: Rules, same: Sequence[tuple[int, int]] = ()) -> None:
    """Refuse what cannot be right.

    Args:
        same: pairs of steps that one row can satisfy both.

    Raises:
        OmnictlError: it names the two rules that do not go together, or the rule that cannot be.
    """
    for message, hint in (*_wrong(rules), *_wrong_together(rules, same)):
        raise OmnictlError(message, hint=hint)


def _wrong(rules: Rules) -> Iterator[tuple[str, str]]:
    if not 2 <= rules.steps <= MAX_STEPS:
        yield f"a funnel has 2 to {MAX_STEPS} steps, this one {rules.steps}", "a share of one step is a KPI's"
    if rules.optional & {1, rules.steps}:
        yield "the first and the last step cannot be optional", "the first begins an attempt, the last converts it"
    if rules.anchored and rules.order != "any":
        yield f"order {rules.order} keeps every step in its place: nothing is anchored", "--order any"
    for each in rules.exclusions:
        if not 1 <= each.first < each.last <= rules.steps:
            yield f"an exclusion lies between two steps, not {each.first}-{each.last}", f"such as 1-{rules.steps}"
    outside = sorted(each for each in rules.anchored | rules.optional if each not in rules.numbers)
    if outside:
        yield f"there is no step {outside[0]}", f"the steps are 1 to {rules.steps}"
    edges = {each for span in rules.exclusions for each in (span.first, span.last)} & rules.optional
    if edges:
        yield f"an exclusion cannot begin or end with step {min(edges)}, which is optional", "name a required step"
    whole = all((each.first, each.last) == (1, rules.steps) for each in rules.exclusions)
    if rules.order == "any":
        yield from _wrong_in_any_order(rules, whole)
    if rules.order == "strict" and rules.grace:
        yield (
            "strict and a grace for ties do not go together: a row between is before or after",
            "--ties allow or later",
        )
    if rules.step_window is not None and rules.order == "ordered" and rules.exclusions:
        why = "which row an attempt goes through is then known from its end"
        yield f"a window per step and exclusions do not go together: {why}", "--anchor first, or --order strict"
    if rules.step_window is not None and rules.optional and rules.order == "ordered":
        yield "a window per step and optional steps do not go together: a step has two before it", "--anchor first"
    if rules.grace and rules.exclusions:
        yield (
            "a grace for ties and exclusions do not go together: nobody knows what came first",
            "--ties allow or later",
        )
    if rules.grace and rules.optional:
        yield "a grace for ties and optional steps do not go together", "--ties allow or later"
    if rules.restarts and rules.entry == "first" and (rules.held or not whole):
        yield "`restart` of a first entry goes from step 1 to the last, and holds nothing constant", "--entry any"


def _wrong_in_any_order(rules: Rules, whole: bool) -> Iterator[tuple[str, str]]:
    if rules.step_window is not None:
        yield "a window per step needs an order of the steps: with any order it says nothing", "--anchor first"
    if rules.optional:
        yield "optional steps and any order do not go together: each step may be missing", "leave the step out"
    if not whole:
        yield (
            "an exclusion between two steps needs their order",
            "without --exclude-between: from the first to the last",
        )
    if rules.entry == "every" and len(rules.blocks[0]) > 1:
        yield "every attempt and any order do not go together: any row would begin one", "--anchored 1, or --entry any"
    if rules.restarts and rules.entry == "first" and len(rules.blocks[0]) > 1:
        yield "`restart` needs a first step", "--anchored 1, or --entry any"


def _wrong_together(rules: Rules, same: Sequence[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    if not same:
        return
    one, other = same[0]
    pair = f"one row can be step {one} and step {other}"
    if rules.order == "any":
        yield f"{pair}: in any order nobody can tell which it is", "make the steps differ, or --order ordered"
    if rules.order == "ordered" and rules.grace:
        yield f"{pair}: with a grace for ties it could be both", "--ties allow or later"
    if rules.order == "ordered" and rules.optional:
        yield f"{pair}: with optional steps nobody can tell which it is", "make the steps differ"
    if rules.order == "ordered" and rules.step_window is not None and rules.ties != LATER:
        yield f"{pair}: with a window per step rows at one instant could be both", "--ties later"
