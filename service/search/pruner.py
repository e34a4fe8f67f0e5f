"""Optuna's pruners, built from the spec."""

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, PatientPruner

from service.algorithms import Hyperband, Median, Patience
from service.spec import StudySpec


def build_pruner(spec: StudySpec) -> BasePruner:
    """The pruner that the spec names, with its options."""
    match spec.pruner:
        case Median() as options:
            return MedianPruner(
                options.n_startup_trials,
                options.n_warmup_steps,
                options.interval_steps,
                n_min_trials=options.n_min_trials,
            )
        case Hyperband() as options:
            return HyperbandPruner(
                options.min_resource, spec.training.epochs, options.reduction_factor, options.bootstrap_count
            )
        case Patience() as options:
            return PatientPruner(None, options.patience, options.min_delta)
        case None:
            return NopPruner()
