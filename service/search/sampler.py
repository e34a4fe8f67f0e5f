"""Optuna's samplers, rebuilt from the spec at every ask."""

from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, CmaEsSampler, TPESampler
from optuna.trial import FrozenTrial

from service.algorithms import CmaEs, Enqueued, Sobol, Tpe
from service.search.designs import OnlyEnqueued, SobolSampler
from service.search.space import distributions
from service.spec import StudySpec


def sampler_of(spec: StudySpec) -> BaseSampler:
    """The sampler that the spec names: one that learns from trials, or one that needs none."""
    match spec.sampler:
        case Sobol():
            return SobolSampler(distributions(spec), spec.seed)
        case Enqueued():
            return OnlyEnqueued()
        case options:
            return TrialSeededSampler(spec, options)


def build_sampler(options: Tpe | CmaEs, seed: int) -> BaseSampler:
    """Optuna's sampler with these options."""
    if isinstance(options, Tpe):
        return TPESampler(
            n_startup_trials=options.n_startup_trials,
            n_ei_candidates=options.n_ei_candidates,
            multivariate=options.multivariate,
            constant_liar=options.constant_liar,
            seed=seed,
        )
    return CmaEsSampler(
        n_startup_trials=options.n_startup_trials,
        popsize=options.population_size,
        use_separable_cma=options.use_separable_cma,
        lr_adapt=options.lr_adapt,
        warn_independent_sampling=False,
        seed=seed,
    )


class TrialSeededSampler(BaseSampler):
    """The spec's sampler, made anew for each trial and seeded by (study seed, trial number).

    Optuna stores neither sampler nor its random state, and workers that copied one sampler would suggest the same
    point twice.
    """

    def __init__(self, spec: StudySpec, options: Tpe | CmaEs) -> None:
        self._spec = spec
        self._options = options
        self._space = distributions(spec)
        self._sampler = build_sampler(options, spec.seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Build the sampler for this trial."""
        seed = int(np.random.SeedSequence([self._spec.seed, trial.number]).generate_state(1)[0])
        self._sampler = build_sampler(self._options, seed)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        """The terms that are suggested together: all searched ones, known from the spec, not inferred from trials."""
        alone = isinstance(self._options, Tpe) and not self._options.multivariate
        return {} if alone else self._space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """What the sampler suggests for all terms together."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 - as Optuna declares it
        """What the sampler suggests for one term alone: during start-up, or when it is not multivariate."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)
