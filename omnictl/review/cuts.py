"""A change by the values of a dimension: what each adds to a figure that adds up, or by its rate and its share to a
ratio. Values that may not be shown stand together, as what is left of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from omnictl.errors import DefinitionError
from omnictl.glossary.leaves import leaves_of
from omnictl.review.asking import HIDDEN, Asked, Cell, Told
from omnictl.review.effects import NOTHING, Effect, Parts, contributions, mean, mean_parts, rate_and_mix

if TYPE_CHECKING:
    from omnictl.compiler.catalog import Catalog
    from omnictl.glossary.meaning import Meaning

DIMENSIONS = ("channel", "intent", "queue", "business_line", "solution", "partner", "site")  # taken where filled
CLOSE = Fraction(1, 10**9)  # sums of doubles differ by less
Side = TypeVar("Side", Fraction, Parts)


@dataclass(frozen=True)
class Cut:
    """The change by the values of one dimension. `counts` of a figure that adds up, else `effects` of a ratio.

    Attributes:
        before, after: the figures by value.
        rest: what the values do not add up to, mostly 0.
    """

    name: str
    before: Mapping[Any, Fraction]
    after: Mapping[Any, Fraction]
    counts: Mapping[Any, Fraction] = field(default_factory=dict)
    effects: Mapping[Any, Effect] = field(default_factory=dict)
    rest: Fraction = Fraction(0)


@dataclass(frozen=True)
class Whole:
    """The figures of both periods over all values, and their parts where they are quotients."""

    before: Fraction
    after: Fraction
    parts: tuple[Parts, Parts] | None

    @property
    def change(self) -> Fraction:
        return self.after - self.before


def cuts_of(asked: Asked, meaning: Meaning, by: Sequence[str], kept: Sequence[int], whole: Whole) -> Iterator[Cut]:
    """The change by each cut; nothing where the figure neither adds up nor is a quotient.

    Args:
        by: the cuts asked for; none for those of `DIMENSIONS` that the rows have and that have several values.
        kept: the periods of the baseline, by position.

    Raises:
        DefinitionError: a cut that was asked for cannot be made.
    """
    if whole.parts is None and not _adds_up(meaning):
        return
    for name in by or _filled(meaning, asked.catalog):
        try:
            figures = asked.figures(meaning.kpi.address, name)
        except DefinitionError:
            if by:
                raise
            continue
        made = (
            of_ratio(name, figures, kept, whole, whole.parts) if whole.parts else of_count(name, figures, kept, whole)
        )
        if made is not None and (by or len(made.after) > 1):
            yield made


def _adds_up(meaning: Meaning) -> bool:
    """Whether the figures of several values are added: sums and counts of rows."""
    if meaning.kpi.rollup == "stock":
        return meaning.kpi.over_time in ("last", "mean")
    return meaning.kpi.rollup == "sum"


def _filled(meaning: Meaning, catalog: Catalog) -> list[str]:
    """The usual cuts that all rows of a KPI have, and that some row fills."""
    reaches = [leaf.branch.reach for leaf in leaves_of(meaning) if not leaf.over]
    found = []
    for name in DIMENSIONS:
        named = [each for reach in reaches if (each := reach.find(name)) is not None]
        relations = {each.relation for each in named}
        relations |= {reach.parent.name for reach in reaches if reach.parent is not None and reach.find_in_parent(name)}
        filled = {relation for (relation, _, column), fill in catalog.fills.items() if column == name and fill.filled}
        if len(named) == len(reaches) and relations & filled:
            found.append(name)
    return found


def of_count(name: str, figures: Mapping[Cell, Told], kept: Sequence[int], whole: Whole) -> Cut:
    """What each value adds to a figure that adds up."""
    shown, hidden = _values(figures, kept)
    before = {value: mean([_value(figures, number, value) for number in kept]) for value in shown}
    after = {value: _value(figures, 0, value) for value in shown}
    if hidden:
        before[HIDDEN] = whole.before - sum(before.values(), Fraction(0))
        after[HIDDEN] = whole.after - sum(after.values(), Fraction(0))
    return _added(name, before, after, whole.change)


def _added(name: str, before: Mapping[Any, Fraction], after: Mapping[Any, Fraction], change: Fraction) -> Cut:
    old, new = _telling(before, after)
    counts = contributions(old, new)
    rest = change - sum(counts.values(), Fraction(0))
    return Cut(name, old, new, counts=counts, rest=_unless_close(rest, sum(new.values(), Fraction(0))))


def of_ratio(
    name: str, figures: Mapping[Cell, Told], kept: Sequence[int], whole: Whole, parts: tuple[Parts, Parts]
) -> Cut | None:
    """Rate and mix effects; where all values share one denominator, what each adds to the ratio; None where the
    denominators of the values are neither shared nor add up."""
    shown, hidden = _values(figures, kept)
    before = {value: mean_parts([_parts(figures, number, value) for number in kept]) for value in shown}
    after = {value: _parts(figures, 0, value) for value in shown}
    sides = tuple(zip((before, after), parts, strict=True))
    shared = len(shown) > 1 and all(
        each.denominator == all_.denominator for side, all_ in sides for each in side.values()
    )
    for side, all_ in sides if hidden and not shared else ():
        side[HIDDEN] = _left(side.values(), all_)
    if shared and not hidden:
        return _added(name, _rates(before), _rates(after), whole.change)
    if not all(_add_up(side.values(), all_) for side, all_ in sides):
        return None
    before, after = _telling(before, after)
    effects = rate_and_mix(before, after)
    rest = whole.change - sum((each.total for each in effects.values()), Fraction(0))
    return Cut(name, _rates(before), _rates(after), effects=effects, rest=_unless_close(rest, Fraction(1)))


def _rates(side: Mapping[Any, Parts]) -> dict[Any, Fraction]:
    return {value: each.rate or Fraction(0) for value, each in side.items()}


def _left(shown: Iterable[Parts], whole: Parts) -> Parts:
    """The parts of what is not shown."""
    several = list(shown)
    return Parts(
        whole.numerator - sum((each.numerator for each in several), Fraction(0)),
        whole.denominator - sum((each.denominator for each in several), Fraction(0)),
    )


def _add_up(side: Iterable[Parts], whole: Parts) -> bool:
    """Whether the denominators of the values are that of all together."""
    below = sum((each.denominator for each in side), Fraction(0))
    return bool(below) and not _unless_close(below - whole.denominator, below)


def _values(figures: Mapping[Cell, Told], kept: Sequence[int]) -> tuple[list[Any], bool]:
    """The values of a cut that are shown in all periods, and whether there are others."""
    told = {cell: each for cell, each in figures.items() if cell[0] in (0, *kept)}
    hidden = {value for (_, value), each in told.items() if each.hidden}
    return [value for value in dict.fromkeys(value for _, value in told) if value not in hidden], bool(hidden)


def _telling(before: Mapping[Any, Side], after: Mapping[Any, Side]) -> tuple[dict[Any, Side], dict[Any, Side]]:
    """Both sides without the values that have nothing in either."""
    nothing = (Fraction(0), NOTHING)
    kept = [value for value in after if before[value] not in nothing or after[value] not in nothing]
    return {value: before[value] for value in kept}, {value: after[value] for value in kept}


def _value(figures: Mapping[Cell, Told], number: int, value: Any) -> Fraction:
    told = figures.get((number, value))
    return told.value if told is not None else Fraction(0)


def _parts(figures: Mapping[Cell, Told], number: int, value: Any) -> Parts:
    told = figures.get((number, value))
    return (told.parts if told is not None else None) or NOTHING


def _unless_close(rest: Fraction, of: Fraction) -> Fraction:
    """What is left over; nothing where only the sums of doubles differ."""
    return rest if abs(rest) > CLOSE * max(abs(of), Fraction(1)) else Fraction(0)
