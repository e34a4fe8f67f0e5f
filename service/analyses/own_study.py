"""The study that an analysis' runs are trials of."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.analyses.requests import Analysis, Design
from service.analyses.starting_points import goals_of
from service.analyses.variants import Weights
from service.errors import InvalidFieldError
from service.spec import AUTO, StudySpec

MOST_GOALS = 1000
"""That an analysis trains, apart from a design."""


def design_spec(spec: StudySpec, request: Design, name: str) -> StudySpec:
    """A study that tries goals spread evenly over another's search space, each with seeds of its own.

    Were the seeds common, what a goal does with these would pass for what it does with any.
    """
    changes = {"sampler": {"type": "sobol"}, "n_trials": request.n_trials, "common_random_numbers": False}
    return _validated(spec, request, name, changes)


def listed_spec(spec: StudySpec, request: Analysis, name: str, goals: Sequence[Weights]) -> StudySpec:
    """A study that tries some goals, each with the same seeds.

    Raises:
        InvalidFieldError: If they are too many.
    """
    if len(goals) > MOST_GOALS:
        raise InvalidFieldError("terms", f"these are {len(goals)} goals to train, more than {MOST_GOALS}; name fewer")
    changes = {
        "sampler": {"type": "enqueued"},
        "search_space": {},
        "n_trials": len(goals),
        "initial_goals": [as_document(spec, weights) for weights in goals],
        "common_random_numbers": True,
        "failure_limit": len(goals),  # one that diverges does so again, and the others count
    }
    return _validated(spec, request, name, changes)


def as_document(spec: StudySpec, weights: Weights) -> list[float] | list[list[float]]:
    """Weights as a spec's `initial_goals` have them."""
    of_layers = [list(goal.gamma) for goal in goals_of(spec, weights)]
    return of_layers if spec.goal_per_layer else of_layers[0]


def _validated(spec: StudySpec, request: Analysis, name: str, changes: dict[str, Any]) -> StudySpec:
    together = spec.trials_per_worker
    document = {
        **spec.model_dump(mode="json"),
        "name": name,
        "seed": _own_seed(seed_of(spec, request)),
        "initial_goals": [],
        "pruner": None,
        "repeats": request.seeds,
        # As many networks at once as the lab has found to fit.
        "trials_per_worker": together if together == AUTO else max(1, together * spec.repeats // request.seeds),
        # Of each neuron, more networks may not fit.
        "record": "none" if spec.record == "none" else "layers",
        **changes,
    }
    return StudySpec.model_validate(document)


def seed_of(spec: StudySpec, request: Analysis) -> int:
    """What keys an analysis: the seed asked for, or that of the study that it is of."""
    return spec.seed if request.seed is None else request.seed


def _own_seed(seed: int) -> int:
    """A seed from which no seed of the search follows: not of its networks, and not of its sampler."""
    (word,) = np.random.SeedSequence(seed, spawn_key=(0, 0)).generate_state(1)
    return int(word >> 1)
