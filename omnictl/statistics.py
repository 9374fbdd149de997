"""Intervals of rates, means and scores: 95 % unless a deviate says otherwise. Counts in, no rounding; no data is read.

Sources: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212;
R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), 857-872;
E. L. Korn, B. I. Graubard, Confidence intervals for proportions with small expected number of positive counts, Survey
Methodology 24 (1998), 193-201, for the effective number of rows; W. G. Cochran, Sampling Techniques (1977), chapters 6
and 9A, for ratios and for clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

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
