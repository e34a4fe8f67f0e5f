"""A study's search space as Optuna sees it, and the way back to goals."""

from collections.abc import Mapping

from optuna.distributions import BaseDistribution, FloatDistribution

from model.goal import Goals
from service.errors import NotAGoalError
from service.ranges import Range
from service.spec import StudySpec
from service.weights import goals_from, named


def distributions(spec: StudySpec) -> dict[str, BaseDistribution]:
    """The searched weights; fixed ones are no parameters of Optuna's."""
    return {
        name: FloatDistribution(bounds.low, bounds.high)
        for name, bounds in spec.search_space.items()
        if isinstance(bounds, Range)
    }


def parameters(spec: StudySpec, goals: Goals) -> dict[str, float]:
    """The searched part of a network's goals, as Optuna's parameters."""
    weights = named(goals, tuple(spec.search_space))
    return {name: weight for name, weight in weights.items() if isinstance(spec.search_space[name], Range)}


def goals(spec: StudySpec, params: Mapping[str, float]) -> Goals:
    """The whole goals of a trial, one a hidden layer: its parameters and the fixed weights.

    Raises:
        KeyError: If a searched weight has no parameter.
        ValueError: If a parameter is not in [−1, 1].
    """
    space = spec.search_space
    weights = {name: params[name] if isinstance(bounds, Range) else bounds for name, bounds in space.items()}
    return goals_from(weights, spec.network, tuple(space))


def check_weights(params: Mapping[str, object]) -> None:
    """Check that parameters, which anybody may have queued, are weights.

    Raises:
        NotAGoalError: If one is no number in [−1, 1].
    """
    for name, weight in params.items():
        if not isinstance(weight, int | float) or isinstance(weight, bool) or not -1 <= weight <= 1:
            raise NotAGoalError(f"the weight of {name} must be a number in [-1, 1]; got {weight}")
