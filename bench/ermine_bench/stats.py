"""Medians, bootstrap intervals, ratios and a rank test: the little statistics that timings need.

Timings have long right tails and no normal distribution, so everything here is about medians and ranks.
The bootstrap uses a fixed seed: the same samples always give the same interval.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RESAMPLES = 1000
CONFIDENCE = 0.95


def median(values: Sequence[float]) -> float:
    if not values:
        raise ValueError("the median of no values")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(v) for v in values]
    if not logs:
        raise ValueError("the geometric mean of no values")
    return math.exp(sum(logs) / len(logs))


def _percentile_interval(draws: list[float]) -> tuple[float, float]:
    draws.sort()
    tail = (1 - CONFIDENCE) / 2
    low = math.floor(tail * (len(draws) - 1))
    high = math.ceil((1 - tail) * (len(draws) - 1))
    return draws[low], draws[high]


@dataclass(frozen=True)
class Estimate:
    """A middle value with the bootstrap interval around it."""

    value: float
    low: float
    high: float
    samples: int

    @property
    def spread(self) -> float:
        """Half the interval's width, relative to the value."""
        return (self.high - self.low) / 2 / abs(self.value) if self.value else math.inf

    def as_json(self) -> dict:
        return {"value": self.value, "low": self.low, "high": self.high, "samples": self.samples}


def estimate(values: Sequence[float], seed: int = 1) -> Estimate:
    """The median of `values` and its bootstrap interval. One value has an interval of no width."""
    middle = median(values)
    if len(values) < 2:
        return Estimate(middle, middle, middle, len(values))
    draw = random.Random(seed)
    draws = [median(draw.choices(values, k=len(values))) for _ in range(RESAMPLES)]
    low, high = _percentile_interval(draws)
    return Estimate(middle, low, high, len(values))


def ratio(numerator: Sequence[float], denominator: Sequence[float], seed: int = 1) -> Estimate:
    """median(numerator) / median(denominator), both resampled on their own."""
    middle = median(numerator) / median(denominator)
    if len(numerator) < 2 and len(denominator) < 2:
        return Estimate(middle, middle, middle, min(len(numerator), len(denominator)))
    draw = random.Random(seed)
    draws = []
    for _ in range(RESAMPLES):
        below = median(draw.choices(denominator, k=len(denominator)))
        if below:
            draws.append(median(draw.choices(numerator, k=len(numerator))) / below)
    low, high = _percentile_interval(draws)
    return Estimate(middle, low, high, min(len(numerator), len(denominator)))


def rank_test(a: Sequence[float], b: Sequence[float]) -> float:
    """Two-sided p-value of the Mann-Whitney test that `a` and `b` are drawn alike.

    Exact for small samples without ties, otherwise the normal approximation with tie correction.
    """
    n, m = len(a), len(b)
    if not n or not m:
        raise ValueError("the rank test of no values")
    u = sum(1.0 if x > y else 0.5 if x == y else 0.0 for x in a for y in b)
    ties = len(set(a) | set(b)) < n + m
    if not ties and n + m <= 40:
        return _exact_rank_p(u, n, m)
    mean = n * m / 2
    counts: dict[float, int] = {}
    for value in (*a, *b):
        counts[value] = counts.get(value, 0) + 1
    total = n + m
    correction = sum(c**3 - c for c in counts.values()) / (total * (total - 1)) if total > 1 else 0
    variance = n * m / 12 * ((total + 1) - correction)
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - mean) - 0.5) / math.sqrt(variance)
    return min(1.0, math.erfc(z / math.sqrt(2)))


def _exact_rank_p(u: float, n: int, m: int) -> float:
    # ways[k] = number of orders of n and m values whose U statistic is k: the coefficients of the
    # Gaussian binomial, built as a product of (1 - q^(m+i)) / (1 - q^i).
    size = n * m + 1
    ways = [0] * size
    ways[0] = 1
    for i in range(1, n + 1):
        for k in range(size - 1, m + i - 1, -1):
            ways[k] -= ways[k - m - i]
        for k in range(i, size):
            ways[k] += ways[k - i]
    u = min(u, n * m - u)
    return min(1.0, 2 * sum(ways[: int(u) + 1]) / sum(ways))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for having made several tests at once (Holm's step-down)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, p_values[i] * (len(p_values) - rank)))
        corrected[i] = highest
    return corrected
