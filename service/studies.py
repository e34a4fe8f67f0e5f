"""What can be done with a study: make, find, list, pause, resume, stop, delete it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from model.data import check_name
from model.errors import UnknownDatasetError
from service.errors import InvalidFieldError, NameTakenError, StudyNotFoundError, TransitionError
from service.search.space import parameters
from service.spec import StudySpec
from service.storage.leases import OPEN_OR_DONE, Verdict
from service.storage.optuna_tables import (
    MADE_BY_US,
    delete_with_trials,
    find_half,
    hold_off_sweeping,
    is_half_of_ours,
)
from service.storage.store import Store
from service.storage.tables import Lease, LeaseState, Study, StudyState

ENDED = (StudyState.STOPPED, StudyState.COMPLETED, StudyState.FAILED)


@dataclass(frozen=True)
class Transition:
    """A change in a study's life: from which states it may be asked for, and where it leads."""

    allowed_from: tuple[StudyState, ...]
    leads_to: StudyState


TRANSITIONS = {
    "pause": Transition((StudyState.RUNNING,), StudyState.PAUSED),
    "resume": Transition((StudyState.PAUSED, StudyState.FAILED), StudyState.RUNNING),
    "stop": Transition((StudyState.RUNNING, StudyState.PAUSED), StudyState.STOPPED),
}


@dataclass(frozen=True)
class Progress:
    """A study and how its trials stand.

    Attributes:
        id: The study's number in our tables.
        held: Trials that a worker has in hand.
        told: Trials that are complete, pruned or failed for good.
    """

    id: int
    name: str
    spec: StudySpec
    state: StudyState
    reason: str | None
    created_at: datetime
    ended_at: datetime | None
    held: int
    told: int


def create(session: Session, store: Store, spec: StudySpec, data_dir: Path) -> None:
    """Make a study, in our tables and in Optuna's; it runs as soon as the session commits.

    Raises:
        InvalidFieldError: If there is no such data set.
        NameTakenError: If the name is taken, here or in Optuna.
    """
    try:
        check_name(spec.dataset, data_dir)
    except UnknownDatasetError as error:
        raise InvalidFieldError("dataset", str(error)) from error
    hold_off_sweeping(session)
    session.add(Study(name=spec.name, spec=spec.model_dump(mode="json")))
    try:
        # Our row is there, and holds the name, but is not committed: no worker sees it before Optuna's half is whole.
        session.flush()
    except IntegrityError as error:
        raise NameTakenError(f"a study named {spec.name!r} exists; choose another name") from error
    study = _make_optuna_study(store, spec)
    study.set_user_attr(MADE_BY_US, spec.model_dump(mode="json"))
    study.set_metric_names(["validation accuracy"])
    for goal in spec.goals_to_try_first:
        study.enqueue_trial(parameters(spec, goal))


def _make_optuna_study(store: Store, spec: StudySpec) -> optuna.Study:
    """Optuna's half, in place of one that a creation of ours left behind when it was cut short."""
    with suppress(optuna.exceptions.DuplicatedStudyError):
        return optuna.create_study(study_name=spec.name, storage=store.trials, direction="maximize")
    with suppress(KeyError):  # it has just been deleted
        existing = store.optuna_study(spec.name)
        # One with nothing in it may be ours too, from before it was marked; one that was worked on is somebody's copy.
        marked = is_half_of_ours(spec.name, existing.user_attrs.get(MADE_BY_US))
        begun = any(trial.state is not TrialState.WAITING for trial in existing.get_trials(deepcopy=False))
        if begun or not (marked or _is_blank(existing)):
            raise NameTakenError(
                f"an Optuna study named {spec.name!r} that this service did not make exists; choose another name"
            )
        with Session(store.engine) as session, session.begin():
            delete_with_trials(session, existing._study_id)
    try:
        return optuna.create_study(study_name=spec.name, storage=store.trials, direction="maximize")
    except optuna.exceptions.DuplicatedStudyError as error:
        raise NameTakenError(f"somebody has just made an Optuna study named {spec.name!r}") from error


def _is_blank(study: optuna.Study) -> bool:
    return study.direction == StudyDirection.MAXIMIZE and not (study.user_attrs or study.get_trials(deepcopy=False))


def get(session: Session, name: str) -> Progress:
    """A study and its progress.

    Raises:
        StudyNotFoundError: If there is none of this name.
    """
    study = _find(session, name, select(Study))
    return _with_progress(session, [study])[0]


def page(session: Session, offset: int, limit: int, state: StudyState | None = None) -> tuple[list[Progress], int]:
    """Some studies, newest first, and how many there are."""
    matching = select(Study) if state is None else select(Study).where(Study.state == state)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    studies = session.scalars(matching.order_by(Study.id.desc()).offset(offset).limit(limit)).all()
    return _with_progress(session, studies), total


def change(session: Session, name: str, action: str) -> Progress:
    """Pause, resume or stop a study.

    Resuming a failed study queues the failures again that ended it.

    Raises:
        StudyNotFoundError: If there is none of this name.
        TransitionError: If its state does not allow it.
    """
    transition = TRANSITIONS[action]
    study = _find(session, name, select(Study).with_for_update(key_share=True))
    if study.state not in transition.allowed_from:
        raise TransitionError(
            f"cannot {action} a study that is {study.state}; it must be {' or '.join(transition.allowed_from)}"
        )
    if study.state == StudyState.FAILED:
        _reopen_failures(session, study)
    study.state = transition.leads_to
    study.ended_at = func.now() if transition.leads_to in ENDED else None
    session.flush()
    session.refresh(study)
    return _with_progress(session, [study])[0]


def _reopen_failures(session: Session, study: Study) -> None:
    """Let the failures that ended the study be tried again: those since the last success before its end."""
    told = (Lease.study_id == study.id, Lease.state == LeaseState.TOLD)
    verdict = Lease.outcome["verdict"].astext
    successes = (*told, verdict.in_((Verdict.COMPLETE, Verdict.PRUNED)), Lease.settled_at <= study.ended_at)
    last_success = select(func.max(Lease.settled_at)).where(*successes).scalar_subquery()
    session.execute(
        update(Lease)
        .where(*told, verdict == Verdict.FAIL, Lease.settled_at > func.coalesce(last_success, study.created_at))
        .values(state=LeaseState.DECIDED, outcome=Lease.outcome.concat({"verdict": Verdict.REOPEN}))
        .execution_options(synchronize_session=False)
    )
    study.failures_count_from, study.reason = func.now(), None


def delete(session: Session, store: Store, name: str) -> None:
    """Delete an ended study with all its trials, both halves in one transaction, which this commits.

    Raises:
        StudyNotFoundError: If there is none of this name.
        TransitionError: If it has not ended.
    """
    # The full lock: it waits until those who settle this study's runs are done.
    study = _find(session, name, select(Study).with_for_update())
    if study.state not in ENDED:
        raise TransitionError(f"cannot delete a study that is {study.state}; stop it first")
    number = find_half(session, name)
    if number is not None:
        delete_with_trials(session, number)
    session.delete(study)
    session.commit()
    if number is not None:
        store.forget(number)


def _find(session: Session, name: str, query: Select[Study]) -> Study:
    study = session.scalar(query.where(Study.name == name))
    if study is None:
        raise StudyNotFoundError(f"there is no study named {name!r}")
    return study


def _with_progress(session: Session, studies: Sequence[Study]) -> list[Progress]:
    counted = session.execute(
        select(Lease.study_id, Lease.state, func.count())
        .where(Lease.study_id.in_([study.id for study in studies]), Lease.state.in_(OPEN_OR_DONE))
        .group_by(Lease.study_id, Lease.state)
    )
    counts = {(study_id, state): number for study_id, state, number in counted}
    return [
        Progress(
            id=study.id,
            name=study.name,
            spec=StudySpec.model_validate(study.spec),
            state=StudyState(study.state),
            reason=study.reason,
            created_at=study.created_at,
            ended_at=study.ended_at,
            held=counts.get((study.id, LeaseState.HELD), 0),
            told=counts.get((study.id, LeaseState.TOLD), 0),
        )
        for study in studies
    ]
