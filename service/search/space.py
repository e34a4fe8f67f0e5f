"""A study's search space as Optuna sees it, and the way back to a goal."""

from collections.abc import Mapping

from optuna.distributions import BaseDistribution, FloatDistribution

from model.goal import Goal
from service.spec import Range, StudySpec


def distributions(spec: StudySpec) -> dict[str, BaseDistribution]:
    """The searched terms; fixed ones are no parameters of Optuna's."""
    return {
        term: FloatDistribution(bounds.low, bounds.high)
        for term, bounds in spec.search_space.items()
        if isinstance(bounds, Range)
    }


def parameters(spec: StudySpec, goal: Goal) -> dict[str, float]:
    """The searched part of a goal, as Optuna's parameters."""
    return {term: weight for term, weight in goal.as_dict().items() if isinstance(spec.search_space[term], Range)}


def goal(spec: StudySpec, params: Mapping[str, float]) -> Goal:
    """The whole goal of a trial: its parameters and the fixed terms.

    Raises:
        KeyError: If a searched term has no parameter.
        ValueError: If a parameter is not in [−1, 1].
    """
    space = spec.search_space.items()
    return Goal.of({term: params[term] if isinstance(bounds, Range) else bounds for term, bounds in space})
