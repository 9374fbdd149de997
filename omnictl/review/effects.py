"""A change taken apart, exactly: contributions to a count, and the rate and mix effects of a ratio. Fractions in,
fractions out; nothing is rounded, so that the parts of a change add up to it.

Rate and mix follow Kitagawa (Components of a Difference Between Two Rates, Journal of the American Statistical
Association 50, 1955): each effect is taken at the middle of the two periods, so that none is left over and neither
period is the measure of the other. Of a value with shares s of the denominator and rates r,

    rate = (r after - r before) * (s before + s after) / 2
    mix  = (s after - s before) * ((r before + r after) / 2 - middle of the two totals)

The middle of the totals is taken off because the shares add up to one on both sides: the sum stays, and a value whose
share grows adds to a ratio only as far as its own rate is above the whole.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)
HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Parts:
    """A numerator and a denominator."""

    numerator: Fraction
    denominator: Fraction

    @property
    def rate(self) -> Fraction | None:
        return self.numerator / self.denominator if self.denominator else None


NOTHING = Parts(Fraction(0), Fraction(0))


@dataclass(frozen=True)
class Effect:
    """What one value adds to the change of a ratio. `share_*` are shares of the denominators."""

    before: Parts
    after: Parts
    share_before: Fraction
    share_after: Fraction
    rate: Fraction
    mix: Fraction

    @property
    def total(self) -> Fraction:
        return self.rate + self.mix


def mean(figures: Sequence[Fraction]) -> Fraction:
    """The mean of at least one figure."""
    return sum(figures, Fraction(0)) / len(figures)


def mean_parts(figures: Sequence[Parts]) -> Parts:
    """The mean numerator over the mean denominator: the ratio of all periods together."""
    return Parts(mean([each.numerator for each in figures]), mean([each.denominator for each in figures]))


def contributions(before: Mapping[Key, Fraction], after: Mapping[Key, Fraction]) -> dict[Key, Fraction]:
    """What each value adds to the change of a count; they add up to it."""
    keys = dict.fromkeys([*before, *after])
    return {key: after.get(key, Fraction(0)) - before.get(key, Fraction(0)) for key in keys}


def rate_and_mix(before: Mapping[Key, Parts], after: Mapping[Key, Parts]) -> dict[Key, Effect]:
    """What each value adds to the change of a ratio; all effects together are that change.

    A value that one period lacks has the other's rate there: all that it adds is mix.

    Args:
        before, after: the parts by value; both periods have a denominator.
    """
    totals = [_whole(before.values()), _whole(after.values())]
    middle = ((totals[0].rate or Fraction(0)) + (totals[1].rate or Fraction(0))) * HALF
    found = {}
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, NOTHING), after.get(key, NOTHING)
        shares = old.denominator / totals[0].denominator, new.denominator / totals[1].denominator
        rates = _rates(old, new)
        rate = (rates[1] - rates[0]) * (shares[0] + shares[1]) * HALF
        mix = (shares[1] - shares[0]) * ((rates[0] + rates[1]) * HALF - middle)
        # a numerator without a denominator has no rate: what it adds to the whole is its own
        rate += _bare(new) / totals[1].denominator - _bare(old) / totals[0].denominator
        found[key] = Effect(old, new, *shares, rate, mix)
    return found


def _whole(parts: Iterable[Parts]) -> Parts:
    several = list(parts)
    return Parts(
        sum((each.numerator for each in several), Fraction(0)), sum((each.denominator for each in several), Fraction(0))
    )


def _rates(old: Parts, new: Parts) -> tuple[Fraction, Fraction]:
    """Both rates; where one is none, the other's."""
    before, after = old.rate, new.rate
    if before is None or after is None:
        known = before if before is not None else after
        return (known or Fraction(0),) * 2
    return before, after


def _bare(parts: Parts) -> Fraction:
    return Fraction(0) if parts.denominator else parts.numerator


def largest_first(effects: Mapping[Key, Fraction]) -> list[Key]:
    """The values by how much they add, whatever the sign; equal ones by name, so that the order is always the same."""
    return sorted(effects, key=lambda key: (-abs(effects[key]), _name(key)))


def _name(key: Any) -> tuple[bool, str]:
    return key is None, str(key)
