"""Which trials importances are told from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import select
from sqlalchemy.orm import Session

from service import studies, trials
from service.algorithms import Sobol
from service.errors import NoDesignError, TooFewTrialsError
from service.importances.evaluation import Sample
from service.ranges import Range
from service.search.designs import FEWEST_TRIALS, TRIALS_PER_WEIGHT, fewest_trials
from service.search.trials import DISCARDED, REASON, RETRY_OF, STUDY_STOPPED
from service.spec import StudySpec
from service.storage.store import Store
from service.storage.tables import Analysis, Study

Choice = Literal["all", "design"]
"""A study's own trials, or those of a design that was made for it."""


@dataclass(frozen=True)
class LeftOut:
    """Trials that are finished and not used.

    Attributes:
        failed: Those that failed for good; attempts that were tried again are not counted, nor what was stopped.
        pruned: Those that were ended early.
        unusable: Complete ones without a finite value or without some searched weight in its range, which only a
            notebook can tell.
    """

    failed: int
    pruned: int
    unusable: int


@dataclass(frozen=True)
class Source:
    """Where trials came from.

    Attributes:
        study: Name of the study whose trials they are.
        study_number: Its number in Optuna.
        sampler: The type of its sampler.
        n_trials: How many are used.
        left_out: How many are not.
        searched: Names of the searched weights, in the published order.
        fixed: Names of the others, of which the trials say nothing.
    """

    study: str
    study_number: int
    sampler: str
    n_trials: int
    left_out: LeftOut
    searched: tuple[str, ...]
    fixed: tuple[str, ...]

    @property
    def fewest_trials(self) -> int:
        """How many trials it takes."""
        return fewest_trials(len(self.searched))


@dataclass(frozen=True)
class Selection:
    """Trials, and where they came from."""

    source: Source
    sample: Sample


def select_trials(store: Store, name: str, choice: Choice) -> Selection:
    """The trials of a study that importances can be told from.

    Raises:
        StudyNotFoundError: If there is no such study, or its trials have been deleted.
        NoDesignError: If its design is asked for, and there is none.
        TooFewTrialsError: If there are too few, or no weight is searched.
    """
    # A session of its own: nothing is kept from the database while whoever asked waits for the answer.
    with Session(store.engine) as session:
        specs = [studies.get(session, name).spec]
        if choice == "design":
            specs = _designs(session, specs[0])
    selection = max((_select(store, spec) for spec in specs), key=lambda found: found.source.n_trials)
    _check_enough(selection.source)
    return selection


def _designs(session: Session, spec: StudySpec) -> list[StudySpec]:
    """The designs of a study, newest first; at last itself, if it is one.

    Raises:
        NoDesignError: If there is none.
    """
    parent = select(Study.id).where(Study.name == spec.name).scalar_subquery()
    made_for_it = (
        select(Study.spec)
        .join(Analysis, Analysis.study_id == Study.id)
        .where(Analysis.parent_id == parent, Analysis.request["kind"].astext == "design")
        .order_by(Study.id.desc())
    )
    found = [StudySpec.model_validate(document) for document in session.scalars(made_for_it)]
    if isinstance(spec.sampler, Sobol):
        found.append(spec)
    if not found:
        raise NoDesignError(
            f"study {spec.name!r} has no design yet; make one with `infomorphic analyse {spec.name} design` or "
            f'POST /v1/studies/{spec.name}/analyses {{"kind": "design"}}'
        )
    return found


def _select(store: Store, spec: StudySpec) -> Selection:
    number, found = trials.study_and_trials(store, spec.name)
    ranges = {
        name: (bounds.low, bounds.high) for name, bounds in spec.search_space.items() if isinstance(bounds, Range)
    }
    complete = sum(trial.state is TrialState.COMPLETE for trial in found)
    usable = [trial for trial in found if trials.is_whole(trial) and _has_all(trial, ranges)]
    sample = Sample(
        ranges,
        np.array([[trial.params[name] for name in ranges] for trial in usable], dtype=float),
        np.array([trial.value for trial in usable], dtype=float),
    )
    source = Source(
        study=spec.name,
        study_number=number,
        sampler=spec.sampler.type,
        n_trials=len(usable),
        left_out=_left_out(found, complete - len(usable)),
        searched=tuple(ranges),
        fixed=tuple(name for name in spec.search_space if name not in ranges),
    )
    return Selection(source, sample)


def _has_all(trial: FrozenTrial, ranges: dict[str, tuple[float, float]]) -> bool:
    """Whether a trial has every searched weight where it is searched."""

    def has(name: str, low: float, high: float) -> bool:
        weight = trial.params.get(name)
        return isinstance(weight, int | float) and low <= weight <= high

    return all(has(name, low, high) for name, (low, high) in ranges.items())


def _left_out(found: Sequence[FrozenTrial], unusable: int) -> LeftOut:
    tried_again = {trial.user_attrs.get(RETRY_OF) for trial in found}
    failed = sum(
        trial.state is TrialState.FAIL
        and trial.number not in tried_again
        and not str(trial.user_attrs.get(REASON)).startswith((STUDY_STOPPED, DISCARDED))
        for trial in found
    )
    return LeftOut(failed, sum(trial.state is TrialState.PRUNED for trial in found), unusable)


def _check_enough(source: Source) -> None:
    if not source.searched:
        raise TooFewTrialsError(f"study {source.study!r} searches no weight: all are fixed, and none can be important")
    if source.n_trials < source.fewest_trials:
        lost = source.left_out
        raise TooFewTrialsError(
            f"importances of {len(source.searched)} searched weights need at least {source.fewest_trials} complete "
            f"trials ({TRIALS_PER_WEIGHT} for each weight, at least {FEWEST_TRIALS}); "
            f"study {source.study!r} has {source.n_trials} "
            f"({lost.failed} failed, {lost.pruned} pruned and {lost.unusable} without all weights are left out)"
        )
