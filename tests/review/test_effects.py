"""A change taken apart: the parts add up to it, exactly."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.review.effects import Parts, contributions, largest_first, mean_parts, rate_and_mix


def parts(numerator: int, denominator: int) -> Parts:
    return Parts(Fraction(numerator), Fraction(denominator))


def points(value: Fraction) -> float:
    return round(float(value * 100), 2)


def test_the_kidney_stones() -> None:
    """Charig et al. 1986, as Julious and Mullee retold it in 1994: the worse treatment looks better as a whole."""
    before = {"small": parts(81, 87), "large": parts(192, 263)}
    after = {"small": parts(234, 270), "large": parts(55, 80)}
    found = rate_and_mix(before, after)
    assert points(sum(each.rate for each in found.values())) == -5.37
    assert points(sum(each.mix for each in found.values())) == 9.94
    assert points(sum(each.total for each in found.values())) == 4.57
    assert sum(each.total for each in found.values()) == Fraction(289, 350) - Fraction(273, 350)
    assert all(each.rate < 0 for each in found.values())


def test_a_value_that_comes_adds_by_its_share_alone() -> None:
    found = rate_and_mix({"a": parts(5, 10)}, {"a": parts(5, 10), "b": parts(10, 10)})
    assert found["b"].rate == 0
    # from one half to three quarters; the new value is half of all, and 3/8 above the middle of the two totals
    assert found["b"].mix == Fraction(1, 2) * (1 - Fraction(5, 8))
    assert sum(each.total for each in found.values()) == Fraction(1, 4)


COUNTS = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 1000), max_size=7)
PARTS = st.dictionaries(st.sampled_from("abcdefg"), st.tuples(st.integers(-50, 500), st.integers(0, 500)), min_size=1)


@given(COUNTS, COUNTS)
@settings(max_examples=50, deadline=None)
def test_contributions_add_up(before: dict[str, int], after: dict[str, int]) -> None:
    found = contributions(
        {key: Fraction(value) for key, value in before.items()}, {key: Fraction(value) for key, value in after.items()}
    )
    assert sum(found.values()) == sum(after.values()) - sum(before.values())
    order = largest_first(found)
    assert [abs(found[key]) for key in order] == sorted((abs(each) for each in found.values()), reverse=True)


@given(PARTS, PARTS)
@settings(max_examples=50, deadline=None)
def test_rate_and_mix_add_up(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> None:
    sides = [{key: parts(*pair) for key, pair in side.items()} for side in (before, after)]
    below = [sum(each.denominator for each in side.values()) for side in sides]
    if not all(below):
        return
    wholes = [sum(each.numerator for each in side.values()) / whole for side, whole in zip(sides, below, strict=True)]
    found = rate_and_mix(*sides)
    assert sum(each.total for each in found.values()) == wholes[1] - wholes[0]


def test_several_periods_are_measured_by_their_common_ratio() -> None:
    assert mean_parts([parts(1, 2), parts(9, 10)]).rate == Fraction(10, 12)


def test_equal_effects_stand_by_name() -> None:
    assert largest_first({"b": Fraction(-1), "a": Fraction(1), None: Fraction(1), "c": Fraction(2)}) == [
        "c",
        "a",
        "b",
        None,
    ]
