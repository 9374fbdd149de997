"""Intervals of rates, means and scores: 95 % unless a deviate says otherwise. Counts in, no rounding; no data is read.

Sources: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212;
R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), 857-872;
E. L. Korn, B. I. Graubard, Confidence intervals for proportions with small expected number of positive counts, Survey
Methodology 24 (1998), 193-201, for the effective number of rows; W. G. Cochran, Sampling Techniques (1977), chapters 6
and 9A, for ratios and for clusters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erfc, exp, log, pi, sqrt

Z95 = 1.959963984540054  # the normal deviate that leaves 2.5 % on each side


@dataclass(frozen=True)
class Moments:
    """Sums over the units of a ratio Σa / Σb: rows, or people with all their rows.

    Attributes:
        units: how many there are.
        aa, ab, bb: the sums of a², a·b and b².
    """

    units: int
    aa: float
    ab: float
    bb: float

    def variance(self, ratio: float, below: float) -> float:
        """The variance of the ratio, linearised: Σ(a − ratio·b)² / (Σb)². Cochran, 6.3 and 9A.

        Args:
            below: Σb, not zero.
        """
        return max(self.aa - 2 * ratio * self.ab + ratio * ratio * self.bb, 0.0) / (below * below)


def wilson(count: float, of: float, z: float = Z95) -> tuple[float, float] | None:
    """The interval of a share, `count` of `of` rows that are independent of one another; within 0 and 1.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Wilson 1927; method 3 of Newcombe 1998. None when there are no
    rows, and when the count is no part of them.
    """
    if of <= 0 or not 0 <= count <= of:
        return None
    share, square = count / of, z * z
    middle = share + square / (2 * of)
    half = z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    scale = 1 + square / of
    low = 0.0 if count == 0 else max((middle - half) / scale, 0.0)
    high = 1.0 if count == of else min((middle + half) / scale, 1.0)
    return low, high


def clustered_share(count: float, of: float, moments: Moments, z: float = Z95) -> tuple[float, float] | None:
    """The interval of a share whose rows come from people, who may have several: Wilson's for as many rows as would be
    worth as much if they were independent.

    That number is p(1−p) / variance (Korn and Graubard 1998), at most `of`. At 0 and at 1, where rows of one person
    cannot be told from independent ones, it is (Σb)² / Σb²: as if all rows of a person were one. With one row a person
    it is Wilson's interval.
    """
    if of <= 0 or not 0 <= count <= of or moments.units < 1:
        return None
    share = count / of
    variance = moments.variance(share, of)
    if 0 < count < of and variance > 0:
        worth = share * (1 - share) / variance
    else:
        worth = of * of / moments.bb if moments.bb > 0 else of
    worth = min(worth, of)
    return wilson(share * worth, worth, z)


def linearised(value: float, below: float, moments: Moments, z: float = Z95) -> tuple[float, float] | None:
    """The interval of a mean, a ratio of sums or a score: value ± z·√variance. None of fewer than two units."""
    if moments.units < 2 or below == 0:
        return None
    half = z * sqrt(moments.variance(value, below))
    return value - half, value + half


def nps_margin(promoters: int, passives: int, detractors: int, z: float = Z95) -> float | None:
    """Half the interval of a Net Promoter Score, in points: 100·z·√((p + d − (p − d)²) / n), with p and d the shares of
    promoters and detractors among n answers. What `linearised` gives of +100, 0 and −100. None without answers."""
    answers = promoters + passives + detractors
    if answers == 0:
        return None
    up, down = promoters / answers, detractors / answers
    return 100 * z * sqrt((up + down - (up - down) ** 2) / answers)


@dataclass(frozen=True)
class Survival:
    """A point of a Kaplan-Meier curve.

    Attributes:
        at_risk: rows that are observed at that time and had no event before it.
        events: of these, the ones whose event falls on that time.
        survival: the share without an event up to and with that time; None where nothing is at risk any more.
        variance: Greenwood's, of the survival; None with it.
    """

    time: int
    at_risk: float
    events: float
    survival: float | None
    variance: float | None

    @property
    def incidence(self) -> float | None:
        """The share with an event up to and with that time."""
        return None if self.survival is None else 1.0 - self.survival

    def band(self, z: float = Z95) -> tuple[float, float] | None:
        """The interval of the incidence on the log-log scale, which stays within 0 and 1. Kalbfleisch and Prentice.

        With the standard error s of the survival S: S to the power exp(± z·s / (S·ln S)). None where no event has
        happened yet, and where all had one.
        """
        if self.survival is None or self.variance is None or not 0.0 < self.survival < 1.0:
            return None
        power = exp(z * sqrt(self.variance) / (self.survival * -log(self.survival)))
        return 1.0 - float(self.survival ** (1.0 / power)), 1.0 - float(self.survival**power)


def kaplan_meier(events: Mapping[int, float], censored: Mapping[int, float], upto: int) -> list[Survival]:
    """The product-limit estimate at each whole time from 0 to `upto`. E. L. Kaplan, P. Meier, Nonparametric estimation
    from incomplete observations, JASA 53 (1958), 457-481; M. Greenwood's variance S²·Σ d / (n·(n − d)).

    Where both fall on one time, events come before censorings: who is censored at a time was observed all through it.
    Once nothing is at risk any more the curve ends: the later points have no survival.

    Args:
        events: how many rows have their event at a time, 0 or later.
        censored: how many are observed up to and with a time, without an event.
    """
    at_risk = float(sum(events.values()) + sum(censored.values()))
    survival, hazard, found = 1.0, 0.0, []
    for time in range(upto + 1):
        fallen = float(events.get(time, 0.0))
        if at_risk <= 0:
            found.append(Survival(time, 0.0, 0.0, None, None))
            continue
        survival *= (at_risk - fallen) / at_risk
        hazard += fallen / (at_risk * (at_risk - fallen)) if fallen < at_risk else 0.0
        found.append(Survival(time, at_risk, fallen, survival, survival * survival * hazard))
        at_risk -= fallen + float(censored.get(time, 0.0))
    return found


@dataclass(frozen=True)
class LogRank:
    """Whether curves differ: the statistic, its degrees of freedom, and how likely one as large is if they do not."""

    statistic: float
    freedom: int
    p: float


def log_rank(curves: Sequence[Sequence[Survival]]) -> LogRank | None:
    """The log-rank test of several curves over the same times. N. Mantel, Evaluation of survival data and two new rank
    order statistics, Cancer Chemotherapy Reports 50 (1966), 163-170; R. Peto, J. Peto, JRSS A 135 (1972), 185-207.

    Rows are taken as independent of each other. None of fewer than two curves that have anything at risk, and without
    any event.
    """
    told = [curve for curve in curves if curve and curve[0].at_risk > 0]
    if len(told) < 2:
        return None
    size = len(told) - 1  # the last one follows from the others
    apart = [0.0] * size
    spread = [[0.0] * size for _ in range(size)]
    for points in zip(*told, strict=True):
        at_risk, events = sum(point.at_risk for point in points), sum(point.events for point in points)
        if events <= 0 or at_risk <= 1:
            continue
        scale = events * (at_risk - events) / (at_risk - 1) / at_risk
        for i in range(size):
            apart[i] += points[i].events - events * points[i].at_risk / at_risk
            for j in range(size):
                own = points[i].at_risk if i == j else 0.0
                spread[i][j] += scale * (own - points[i].at_risk * points[j].at_risk / at_risk)
    solved = _solved(spread, apart)
    if solved is None:
        return None
    statistic = sum(one * other for one, other in zip(apart, solved, strict=True))
    return LogRank(statistic, size, chi_square_tail(statistic, size))


def chi_square_tail(statistic: float, freedom: int) -> float:
    """How likely a chi-square of some degrees of freedom is to exceed a value: a finite sum for whole degrees.
    M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5."""
    if statistic <= 0:
        return 1.0
    half = statistic / 2
    odd = freedom % 2
    total = erfc(sqrt(half)) if odd else exp(-half)
    term = exp(-half) * (sqrt(half) / (sqrt(pi) / 2) if odd else half)
    for step in range(1, (freedom + 1) // 2):
        total += term
        term *= half / (step + (0.5 if odd else 1.0))
    return min(max(total, 0.0), 1.0)


def _solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float] | None:
    """x of matrix · x = right, by elimination; None where the matrix is singular."""
    size = len(right)
    rows = [[*map(float, matrix[i]), float(right[i])] for i in range(size)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        if abs(rows[pivot][column]) < 1e-12:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(column + 1, size):
            factor = rows[row][column] / rows[column][column]
            rows[row] = [one - factor * other for one, other in zip(rows[row], rows[column], strict=True)]
    found = [0.0] * size
    for row in reversed(range(size)):
        rest = sum(rows[row][column] * found[column] for column in range(row + 1, size))
        found[row] = (rows[row][size] - rest) / rows[row][row]
    return found


@dataclass(frozen=True)
class Excess:
    """An amount with the ends of its interval."""

    value: float
    low: float
    high: float


def excess(counts: Sequence[tuple[int, Sequence[int]]], z: float = Z95) -> Excess:
    """How many events there are beyond those expected: observed ones less the mean of as many comparable counts.

    Σ (n − Σm / k) ± z·√(Σ n + Σm / k²), k being the number of counts m that n is compared with: counts of events that
    come independently of one another scatter as much as they are (Poisson), and k of them averaged a k-th of that.
    D. R. Cox, P. A. W. Lewis, The Statistical Analysis of Series of Events (1966), chapter 9. 1,150 against 930 and 950
    is 210, 131 to 289.

    Args:
        counts: observed events and those of each comparison, by stratum; every stratum has at least one.
    """
    value = variance = 0.0
    for observed, compared in counts:
        number = len(compared)
        value += observed - sum(compared) / number
        variance += observed + sum(compared) / (number * number)
    half = z * sqrt(variance)
    return Excess(value, value - half, value + half)


def drift(counts: Sequence[tuple[Sequence[int], Sequence[int]]], z: float = Z95) -> Excess:
    """How far the means of two groups of counts are apart, the first less the second; Poisson, as `excess`."""
    value = variance = 0.0
    for ones, others in counts:
        value += sum(ones) / len(ones) - sum(others) / len(others)
        variance += sum(ones) / len(ones) ** 2 + sum(others) / len(others) ** 2
    half = z * sqrt(variance)
    return Excess(value, value - half, value + half)
