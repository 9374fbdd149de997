"""Intervals against figures published elsewhere, and against each other."""

from __future__ import annotations

import pytest

from omnictl.statistics import Moments, clustered_share, linearised, nps_margin, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (280, 400, 0.653, 0.743),
        (150, 1000, 0.129, 0.173),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_the_published_one(count: int, of: int, low: float, high: float) -> None:
    found = wilson(count, of)
    assert found is not None
    digits = 3 if of in (400, 1000) else 4
    assert (round(found[0], digits), round(found[1], digits)) == (low, high)


def test_wilson_is_symmetric_and_stays_within_bounds() -> None:
    assert wilson(0, 20) == (0.0, pytest.approx(0.1611, abs=1e-4))
    assert wilson(20, 20) == (pytest.approx(1 - 0.1611, abs=1e-4), 1.0)
    low, high = wilson(7, 30) or (0, 0)
    assert wilson(23, 30) == (pytest.approx(1 - high), pytest.approx(1 - low))


@pytest.mark.parametrize(("count", "of"), [(0, 0), (5, 4), (-1, 4)])
def test_what_is_no_share_has_no_interval(count: int, of: int) -> None:
    assert wilson(count, of) is None
    assert clustered_share(count, of, Moments(3, 1, 1, 5)) is None


def test_rows_of_different_people_are_wilsons() -> None:
    each_alone = Moments(units=263, aa=81, ab=81, bb=263)
    assert clustered_share(81, 263, each_alone) == pytest.approx(wilson(81, 263))


def test_rows_of_one_person_that_say_the_same_are_worth_one() -> None:
    """100 rows of 20 people, five each, all of a person alike: worth 20 rows, of which 8 say yes."""
    same = Moments(units=20, aa=8 * 25, ab=8 * 25, bb=20 * 25)
    assert clustered_share(40, 100, same) == pytest.approx(wilson(8, 20))


def test_people_who_balance_out_are_worth_no_more_than_their_rows() -> None:
    """Each of 50 people says yes once and no once: nothing varies between them, and 100 rows stay 100 rows."""
    balanced = Moments(units=50, aa=50, ab=100, bb=200)
    low, high = clustered_share(50, 100, balanced) or (0, 0)
    assert high - low >= (wilson(50, 100) or (0, 0))[1] - (wilson(50, 100) or (0, 0))[0]


def test_none_of_few_people_is_worth_the_people() -> None:
    """No row of 4 people with five each: as 0 of 4, not as 0 of 20."""
    none = Moments(units=4, aa=0, ab=0, bb=4 * 25)
    assert clustered_share(0, 20, none) == wilson(0, 4)


@pytest.mark.parametrize(("promoters", "passives", "detractors", "margin"), [(600, 250, 150, 4.6), (50, 33, 17, 14.7)])
def test_the_margin_of_a_score(promoters: int, passives: int, detractors: int, margin: float) -> None:
    found = nps_margin(promoters, passives, detractors)
    assert found is not None
    assert round(found, 1) == margin
    n, score = promoters + passives + detractors, 100 * (promoters - detractors)
    rows = Moments(n, aa=10_000 * (promoters + detractors), ab=score, bb=n)
    assert linearised(score / n, n, rows) == pytest.approx((score / n - found, score / n + found))


def test_the_standard_error_of_the_published_population() -> None:
    found = nps_margin(162, 108, 54)
    assert found is not None
    assert round(found / 1.959963984540054, 2) == 4.14
    assert nps_margin(0, 0, 0) is None


def test_a_mean_is_that_of_the_textbook() -> None:
    """1, 2, 3, 4, 5: mean 3, variance 2 over n (not n − 1): ± 1.96·√(2/5)."""
    rows = Moments(units=5, aa=55, ab=15, bb=5)
    assert linearised(3, 5, rows) == pytest.approx((3 - 1.96 * 0.4**0.5, 3 + 1.96 * 0.4**0.5), abs=1e-4)


def test_one_row_has_no_interval() -> None:
    assert linearised(3, 1, Moments(1, 9, 3, 1)) is None
