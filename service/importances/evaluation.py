"""Importances from goals and their values: no study, no database; another process can do it.

Optuna's evaluators are asked several times each, because one forest says nothing of how sure it is.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import FloatDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    MeanDecreaseImpurityImportanceEvaluator,
    PedAnovaImportanceEvaluator,
)

from service.errors import NothingToExplainError

Method = Literal["mdi", "fanova", "ped_anova"]
METHODS: tuple[Method, ...] = get_args(Method)

N_TREES = 16
"""Of each forest. Both methods are means over trees, so that four such are as good as one of Optuna's 64."""
N_FORESTS = {"mdi": 8, "fanova": 4}
"""A forest takes fANOVA far longer, see docs/measurements.md."""
N_RESAMPLES = 10
"""Bootstrap samples of the trials, for PED-ANOVA, which has nothing random in it."""

Shares = NDArray[np.float64]
"""Of all importance, that of each weight: [weight]."""

EVALUATORS: dict[Method, type[BaseImportanceEvaluator]] = {
    "mdi": MeanDecreaseImpurityImportanceEvaluator,
    "fanova": FanovaImportanceEvaluator,
    "ped_anova": PedAnovaImportanceEvaluator,
}


@dataclass(frozen=True)
class Sample:
    """Goals that were tried and what came of them.

    Attributes:
        ranges: Of each searched weight, by name.
        points: The weights of each trial, in the order of `ranges`: [trial, weight].
        values: Validation accuracy of each trial: [trial].
    """

    ranges: Mapping[str, tuple[float, float]]
    points: NDArray[np.float64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        """How many trials."""
        return len(self.values)


@dataclass(frozen=True)
class Estimate:
    """How much a weight matters.

    Attributes:
        mean: Its share of all importance; those of all weights sum to 1.
        standard_deviation: Of the share, as of a sample, over what `spread_of` says.
    """

    mean: float
    standard_deviation: float


def spread_of(method: Method) -> str:
    """Over what the standard deviations are, in words."""
    if method == "ped_anova":
        return (
            f"standard deviation over {N_RESAMPLES} bootstrap samples of the trials; the importance is that of all of "
            "them once"
        )
    return (
        f"standard deviation over {N_FORESTS[method]} forests of {N_TREES} trees with seeds of their own, all grown on "
        "the same trials: how much other trials would change it, it does not say"
    )


def evaluate(method: Method, sample: Sample) -> tuple[Estimate, ...]:
    """The importance of each weight, in the order of the sample's ranges; the same sample gives the same numbers.

    Raises:
        NothingToExplainError: If all trials have the same value, or too many for the method.
    """
    if len(set(sample.values.tolist())) < 2:
        raise NothingToExplainError(
            f"all {len(sample)} trials have the same validation accuracy: there is no difference that a weight explains"
        )
    study = _study_of(sample)
    if method == "ped_anova":
        means, attempts = _shares(PedAnovaImportanceEvaluator(), study, sample.ranges), _of_resamples(sample)
    else:
        attempts = _of_forests(method, study, sample.ranges)
        means = np.mean(attempts, axis=0)
    if not means.any():
        raise NothingToExplainError(
            f"{method} finds no difference between the {len(sample)} trials: too many have the same validation accuracy"
        )
    deviations = np.std(attempts, axis=0, ddof=1)
    return tuple(Estimate(*found) for found in zip(means.tolist(), deviations.tolist(), strict=True))


def _of_forests(method: Method, study: optuna.Study, names: Iterable[str]) -> list[Shares]:
    make: Callable[..., BaseImportanceEvaluator] = EVALUATORS[method]
    return [_shares(make(n_trees=N_TREES, seed=seed), study, names) for seed in range(N_FORESTS[method])]


def _of_resamples(sample: Sample) -> list[Shares]:
    """What PED-ANOVA says of bootstrap samples of the trials."""
    rng = np.random.default_rng(0)
    chosen = (rng.integers(len(sample), size=len(sample)) for _ in range(N_RESAMPLES))
    studies = (_study_of(Sample(sample.ranges, sample.points[some], sample.values[some])) for some in chosen)
    return [_shares(PedAnovaImportanceEvaluator(), study, sample.ranges) for study in studies]


def _shares(evaluator: BaseImportanceEvaluator, study: optuna.Study, names: Iterable[str]) -> Shares:
    """What one evaluator says, with sum 1; all 0 if it finds nothing, where Optuna has all weights alike."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # normalize=False is one
        warnings.filterwarnings("ignore", "Target and region quantiles")  # it has found nothing then
        # Sorted: in any other order Optuna 5.0 gives each weight the MDI of another.
        found = optuna.importance.get_param_importances(
            study, evaluator=evaluator, params=sorted(names), normalize=False
        )
    importances = np.array([found[name] for name in names])
    total = float(importances.sum())
    return importances / total if total > 0 else np.zeros_like(importances)


def _study_of(sample: Sample) -> optuna.Study:
    """The sample as Optuna's evaluators want it."""
    bounds = {name: FloatDistribution(low, high) for name, (low, high) in sample.ranges.items()}
    study = optuna.create_study(storage=optuna.storages.InMemoryStorage(), direction="maximize")
    study.add_trials(
        optuna.create_trial(params=dict(zip(bounds, point, strict=True)), distributions=dict(bounds), value=value)
        for point, value in zip(sample.points.tolist(), sample.values.tolist(), strict=True)
    )
    return study
