"""Intervals against figures published elsewhere, and against each other."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.statistics import (
    Moments,
    chi_square_tail,
    clustered_share,
    kaplan_meier,
    linearised,
    log_rank,
    nps_margin,
    wilson,
)


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


# Weeks of remission of 21 and 21 patients; censored ones apart. Freireich and others 1963; the values are those that
# textbooks print of it.
MERCAPTOPURINE = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
STILL_IN_REMISSION = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}
PLACEBO = {1: 2, 2: 2, 3: 1, 4: 2, 5: 2, 8: 4, 11: 2, 12: 2, 15: 1, 17: 1, 22: 1, 23: 1}


def test_kaplan_meier_is_the_published_one() -> None:
    curve = kaplan_meier(MERCAPTOPURINE, STILL_IN_REMISSION, 36)
    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    errors = {6: 0.0764, 7: 0.0869, 10: 0.0963, 13: 0.1068, 16: 0.1141, 22: 0.1282, 23: 0.1346}
    assert {week: round(curve[week].survival or 0, 4) for week in published} == published
    assert {week: round((curve[week].variance or 0) ** 0.5, 4) for week in errors} == errors
    assert [curve[week].at_risk for week in (6, 7, 10, 11, 23)] == [21, 17, 15, 13, 6]
    assert curve[35].survival == curve[23].survival, "nothing happens after week 23"
    assert (curve[36].survival, curve[36].incidence, curve[36].band()) == (None, None, None), "nobody is left"
    low, high = curve[10].band() or (0, 0)  # as R's survfit(conf.type = "log-log") has it: 0.503 to 0.889
    assert (round(1 - high, 3), round(1 - low, 3)) == (0.503, 0.889)


def test_the_log_rank_of_the_published_trial() -> None:
    treated, placebo = kaplan_meier(MERCAPTOPURINE, STILL_IN_REMISSION, 35), kaplan_meier(PLACEBO, {}, 35)
    found = log_rank([treated, placebo])
    assert found is not None
    assert (round(found.statistic, 2), found.freedom) == (16.79, 1)
    assert found.p == pytest.approx(4.17e-5, rel=0.01)
    other = log_rank([placebo, treated])
    assert other is not None and other.statistic == pytest.approx(found.statistic)
    assert log_rank([treated]) is None
    assert log_rank([treated, kaplan_meier({}, {}, 35)]) is None, "a curve of nothing is none"
    assert log_rank([kaplan_meier({}, {9: 5}, 35)] * 2) is None, "without events there is nothing to compare"


def test_alike_curves_do_not_differ() -> None:
    curve = kaplan_meier(MERCAPTOPURINE, STILL_IN_REMISSION, 35)
    found = log_rank([curve, curve, curve])
    assert found is not None
    assert (found.statistic, found.freedom, found.p) == (pytest.approx(0), 2, pytest.approx(1))


@pytest.mark.parametrize(
    ("statistic", "freedom", "p"),
    [(3.841, 1, 0.05), (5.991, 2, 0.05), (7.815, 3, 0.05), (9.488, 4, 0.05), (16.812, 6, 0.01), (18.475, 7, 0.01)],
)
def test_the_tail_of_chi_square_is_that_of_the_tables(statistic: float, freedom: int, p: float) -> None:
    assert chi_square_tail(statistic, freedom) == pytest.approx(p, abs=2e-5)


def test_censored_contacts_do_not_lower_the_curve() -> None:
    """A hundred contacts a day for thirty days, twenty of each followed one to seven days later: the naive rate is
    17.33 %, that of the first 23 days 20 %, and so is the curve's over all of them."""
    events: dict[int, float] = {}
    censored: dict[int, float] = {}
    for observed in range(30):
        for after in range(1, 8):
            chosen, at = (events, after) if after <= observed else (censored, observed)
            chosen[at] = chosen.get(at, 0) + 20 / 7
        censored[observed] = censored.get(observed, 0) + 80
    assert round(sum(events.values()) / 3000, 4) == 0.1733
    curve = kaplan_meier(events, censored, 7)
    assert curve[7].incidence == pytest.approx(0.2)
    assert curve[0].at_risk == pytest.approx(3000)


def test_without_censoring_the_curve_is_the_share() -> None:
    curve = kaplan_meier({0: 3, 2: 5}, {9: 12}, 9)
    assert [round(point.incidence or 0, 6) for point in curve] == [0.15, 0.15] + [0.4] * 8
    assert curve[0].band() is not None
    assert kaplan_meier({3: 1}, {9: 1}, 2)[2].band() is None, "no event yet"
    everybody = kaplan_meier({1: 4}, {}, 2)
    assert (everybody[1].incidence, everybody[1].variance, everybody[1].band()) == (1.0, 0.0, None)


TIMES = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=25)


@given(TIMES)
@settings(max_examples=50, deadline=None)
def test_the_curve_is_the_product_over_single_rows(rows: list[tuple[int, bool]]) -> None:
    """Each row is a time and whether it is an event; a curve looks at them one by one."""
    events, censored = (Counter(time for time, event in rows if event is which) for which in (True, False))
    survival = 1.0
    for point in kaplan_meier(events, censored, 7):
        at_risk = [each for each in rows if each[0] >= point.time]
        assert point.at_risk == len(at_risk)
        if not at_risk:
            assert point.survival is None
            continue
        survival *= 1 - at_risk.count((point.time, True)) / len(at_risk)
        assert point.survival == pytest.approx(survival)
        low, high = point.band() or (0.0, 1.0)
        assert 0 <= low <= 1 - survival + 1e-9 and 1 - survival - 1e-9 <= high <= 1
