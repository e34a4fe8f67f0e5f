"""Samplers that learn nothing from results: an even design of the space, and lists of goals."""

from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial
from scipy.stats import qmc

from service.errors import NotAGoalError

TRIALS_PER_WEIGHT = 10
FEWEST_TRIALS = 20
"""PED-ANOVA compares the best tenth of the trials with all: two at least."""


def fewest_trials(n_searched: int) -> int:
    """How many complete trials it takes to tell the importances of so many searched weights."""
    return max(FEWEST_TRIALS, TRIALS_PER_WEIGHT * n_searched)


class SobolSampler(BaseSampler):
    """Scrambled Sobol points, one for each trial's number.

    Optuna's own `QMCSampler` counts in the storage and gives workers that ask at once the same point.

    Args:
        space: Searched weights and their ranges.
        seed: Of the scrambling.
    """

    def __init__(self, space: dict[str, BaseDistribution], seed: int) -> None:
        self._space = space
        self._seed = seed

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        """All searched weights, known from the spec."""
        return self._space

    def sample_relative(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """The point of the trial's number."""
        points = qmc.Sobol(len(search_space), scramble=True, rng=self._seed)
        if trial.number > 0:  # by nothing it cannot be forwarded
            points.fast_forward(trial.number)
        (point,) = points.random(1)
        return {
            name: bounds.low + share * (bounds.high - bounds.low)
            for (name, bounds), share in zip(search_space.items(), point.tolist(), strict=True)
            if isinstance(bounds, FloatDistribution)
        }

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 - as Optuna declares it
        """Never needed: all weights are sampled together."""
        raise NotImplementedError


class OnlyEnqueued(BaseSampler):
    """No sampler: whoever enqueues a trial says all of its goal."""

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        """Nothing to suggest."""
        return {}

    def sample_relative(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
        search_space: dict[str, BaseDistribution],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Suggest nothing."""
        return {}

    def sample_independent(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
        param_name: str,
        param_distribution: BaseDistribution,  # noqa: ARG002
    ) -> Any:  # noqa: ANN401 - as Optuna declares it
        """Refuse.

        Raises:
            NotAGoalError: Always.
        """
        raise NotAGoalError(f"the study tries what is enqueued alone, and {param_name} is not")
