"""CMA-ES by whole generations.

Optuna forms a generation from the first results that name it and throws further ones away: with many workers most. So
no more trials of a generation are given out than it takes results, and the next begins when these are there.
"""

import math
from typing import Any

from optuna.trial import FrozenTrial
from sqlalchemy.orm import Session

from service.algorithms import CmaEs
from service.ranges import Range
from service.spec import StudySpec
from service.storage.leases import count
from service.storage.optuna_tables import complete_by_system_attribute
from service.storage.tables import LeaseState

_ATTRIBUTES = ("cma:generation", "sepcma:generation")
"""System attributes in which Optuna notes the generation of a trial: of CMA-ES, and of the separable one."""


def generation_size(spec: StudySpec) -> int | None:
    """Results that a generation takes; None if the sampler has no generations.

    Source: the default is that of Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772, eq. 48.
    """
    if not isinstance(spec.sampler, CmaEs):
        return None
    searched = sum(isinstance(bounds, Range) for bounds in spec.search_space.values())
    return spec.sampler.population_size or 4 + math.floor(3 * math.log(searched))


def generation_of(spec: StudySpec, trial: FrozenTrial) -> int | None:
    """The generation, from 0, that a trial was sampled for; None for a random or a queued one."""
    generation: int | None = trial.system_attrs.get(_attribute(spec))
    return generation


def what_generations_need(trial: FrozenTrial) -> dict[str, Any]:
    """What Optuna notes with a trial of CMA-ES: its generation, and with some the state that samples it."""
    return {key: value for key, value in trial.system_attrs.items() if key.startswith(("cma:", "sepcma:"))}


def _attribute(spec: StudySpec) -> str:
    """The one of `_ATTRIBUTES` that this study's trials have."""
    separable = isinstance(spec.sampler, CmaEs) and spec.sampler.use_separable_cma
    return _ATTRIBUTES[separable]


def room(session: Session, study_id: int, spec: StudySpec) -> int:
    """How many more trials of the current generation, or of the random ones before the first, may be given out."""
    size, sampler = generation_size(spec), spec.sampler
    if size is None or not isinstance(sampler, CmaEs):
        return spec.n_trials
    found = complete_by_system_attribute(session, spec.name, _attribute(spec))
    under_way = count(session, study_id, (LeaseState.HELD, LeaseState.DECIDED))
    if sum(found.values()) < sampler.n_startup_trials:
        return sampler.n_startup_trials - sum(found.values()) - under_way
    generations = {int(generation): number for generation, number in found.items() if generation is not None}
    results = generations[max(generations)] if generations else 0
    return size - (0 if results >= size else results) - under_way
