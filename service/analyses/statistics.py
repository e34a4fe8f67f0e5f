"""A few numbers, and how sure their mean is."""

import math
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.stats import bootstrap, t

CONFIDENCE = 0.95
RESAMPLES = 9999


@dataclass(frozen=True)
class Summary:
    """What some numbers say of the one that they estimate.

    Attributes:
        runs: The numbers, in the order of the seeds.
        median: Of them.
        mean: Of them.
        standard_error: Of the mean; None for a single number.
        bootstrap_interval: Bootstrap interval of the mean, 95 %; None for a single number.
        t_interval: Student's interval of the mean, 95 %, the one to trust where numbers are few; None for a single one.
    """

    runs: tuple[float, ...]
    median: float
    mean: float
    standard_error: float | None
    bootstrap_interval: tuple[float, float] | None
    t_interval: tuple[float, float] | None

    @classmethod
    def of(cls, runs: Sequence[float]) -> "Summary":
        """The summary of some finite numbers, at least one."""
        median, mean = statistics.median(runs), statistics.fmean(runs)
        if len(runs) == 1:
            return cls(tuple(runs), median, mean, None, None, None)
        error = statistics.stdev(runs) / math.sqrt(len(runs))
        half = float(t.ppf((1 + CONFIDENCE) / 2, len(runs) - 1)) * error
        return cls(tuple(runs), median, mean, error, bootstrap_interval(tuple(runs)), (mean - half, mean + half))

    def within(self, low: float, high: float) -> "Summary":
        """The same of numbers that cannot be outside: Student's interval, which does not know, ends there."""
        if self.t_interval is None:
            return self
        return replace(self, t_interval=(max(low, self.t_interval[0]), min(high, self.t_interval[1])))


@lru_cache(maxsize=10_000)  # the same findings are asked for again and again while an analysis runs
def bootstrap_interval(runs: tuple[float, ...]) -> tuple[float, float]:
    """Bootstrap interval of the mean: bias-corrected and accelerated, or percentiles where that is not defined.

    The same numbers give the same interval. Of few numbers it is too narrow: see docs/analyses.md for how often it
    covers the truth.

    Args:
        runs: Two numbers at least.

    Source: Efron 1987, "Better bootstrap confidence intervals".
    """
    if len(set(runs)) == 1:
        return runs[0], runs[0]
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that BCa is not defined, which its answer says too
            found = bootstrap(
                (np.asarray(runs),),
                np.mean,
                n_resamples=RESAMPLES,
                confidence_level=CONFIDENCE,
                method=method,
                rng=np.random.default_rng(0),
            ).confidence_interval
        if math.isfinite(found.low) and math.isfinite(found.high):
            break
    return float(found.low), float(found.high)
