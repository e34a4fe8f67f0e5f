"""What can be done with a study: find, list, pause, resume, stop, delete it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.errors import StudyNotFoundError, TransitionError
from service.reopening import has_goals_to_try_again, reopen_failures
from service.spec import StudySpec
from service.storage.leases import OPEN_OR_DONE, Verdict
from service.storage.optuna_tables import (
    delete_picture,
    delete_with_trials,
    find_half,
)
from service.storage.store import Store
from service.storage.tables import Analysis, Lease, LeaseState, Study, StudyState

ENDED = (StudyState.STOPPED, StudyState.COMPLETED, StudyState.FAILED)


@dataclass(frozen=True)
class Transition:
    """A change in a study's life: from which states it may be asked for, and where it leads."""

    allowed_from: tuple[StudyState, ...]
    leads_to: StudyState


TRANSITIONS = {
    "pause": Transition((StudyState.RUNNING,), StudyState.PAUSED),
    "resume": Transition((StudyState.PAUSED, StudyState.FAILED), StudyState.RUNNING),
    "stop": Transition((StudyState.RUNNING, StudyState.PAUSED, StudyState.WAITING), StudyState.STOPPED),
}


@dataclass(frozen=True)
class Progress:
    """A study and how its trials stand.

    Attributes:
        id: The study's number in our tables.
        held: Trials that a worker has in hand.
        told: Trials that are complete, pruned or failed for good.
        analysis_of: Name of the study that this one is an analysis of.
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
    analysis_of: str | None


def get(session: Session, name: str) -> Progress:
    """A study and its progress.

    Raises:
        StudyNotFoundError: If there is none of this name.
    """
    study = find(session, name, select(Study))
    return _with_progress(session, [study])[0]


def page(session: Session, offset: int, limit: int, state: StudyState | None = None) -> tuple[list[Progress], int]:
    """Some studies, newest first, and how many there are."""
    matching = select(Study) if state is None else select(Study).where(Study.state == state)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    studies = session.scalars(matching.order_by(Study.id.desc()).offset(offset).limit(limit)).all()
    return _with_progress(session, studies), total


def change(session: Session, name: str, action: str) -> Progress:
    """Pause, resume or stop a study.

    Resuming a failed study queues the failures again that ended it; of listed goals, which are all wanted, each that
    failed, also where the study is completed.

    Raises:
        StudyNotFoundError: If there is none of this name.
        TransitionError: If its state does not allow it.
    """
    transition = TRANSITIONS[action]
    study = find(session, name, select(Study).with_for_update(key_share=True))
    mends = action == "resume" and study.state == StudyState.COMPLETED and has_goals_to_try_again(session, study)
    if study.state not in transition.allowed_from and not mends:
        raise TransitionError(
            f"cannot {action} a study that is {study.state}; it must be {' or '.join(transition.allowed_from)}"
        )
    if study.state in ENDED:
        reopen_failures(session, study)
    study.state = transition.leads_to
    if transition.leads_to is StudyState.RUNNING and (awaited := _awaited(session, study)) is not None:
        if awaited.state == StudyState.STOPPED:
            raise TransitionError(f"{awaited.name}, whose results {name} needs, is stopped; make another analysis")
        study.state = StudyState.WAITING
    study.ended_at = func.now() if transition.leads_to in ENDED else None
    session.flush()
    session.refresh(study)
    return _with_progress(session, [study])[0]


def _awaited(session: Session, study: Study) -> Study | None:
    """The analysis whose results a study that is one needs and does not have yet."""
    waits_for = select(Study).join(Analysis, Analysis.waits_for_id == Study.id)
    return session.scalar(waits_for.where(Analysis.study_id == study.id))


def delete(session: Session, store: Store, name: str) -> None:
    """Delete an ended study with all its trials, both halves in one transaction, which this commits.

    Raises:
        StudyNotFoundError: If there is none of this name.
        TransitionError: If it has not ended, or there are analyses of it.
    """
    # The analysed study first, in the order in which analyses are made: else each would wait for the other.
    parent = _locked_parent(session, name)
    # The full lock: it waits until those who settle this study's runs are done.
    study = find(session, name, select(Study).with_for_update())
    if study.state not in ENDED:
        raise TransitionError(f"cannot delete a study that is {study.state}; stop it first")
    depend = or_(Analysis.parent_id == study.id, Analysis.waits_for_id == study.id)
    if names := session.scalars(select(Study.name).join(Analysis, Analysis.study_id == Study.id).where(depend)).all():
        raise TransitionError(
            f"cannot delete a study that analyses are of, or wait for; delete {', '.join(sorted(names))} first"
        )
    number = find_half(session, name)
    if number is not None:
        delete_with_trials(session, number)
    if parent is not None:
        _delete_picture_at(session, parent, name)
    session.delete(study)
    session.commit()
    if number is not None:
        store.forget(number)


def _locked_parent(session: Session, name: str) -> Study | None:
    """The study that one is an analysis of, if it is."""
    own = aliased(Study)
    parent = select(Study).join(Analysis, Analysis.parent_id == Study.id).join(own, own.id == Analysis.study_id)
    return session.scalar(parent.where(own.name == name).with_for_update(key_share=True, of=Study))


def _delete_picture_at(session: Session, parent: Study, analysis: str) -> None:
    """An analysis has its picture in the dashboard at the study that it analyses too."""
    if (number := find_half(session, parent.name)) is not None:
        delete_picture(session, number, analysis)
        parent.pictured_at = None  # its best goal may be another now


def find(session: Session, name: str, query: Select[Study]) -> Study:
    """The row of a study.

    Args:
        session: Our tables.
        name: Its name.
        query: Of studies, with the lock that is wanted.

    Raises:
        StudyNotFoundError: If there is none of this name.
    """
    study = session.scalar(query.where(Study.name == name))
    if study is None:
        raise StudyNotFoundError(f"there is no study named {name!r}")
    return study


def _with_progress(session: Session, studies: Sequence[Study]) -> list[Progress]:
    counted = session.execute(
        select(Lease.study_id, Lease.state, func.count())
        .where(Lease.study_id.in_([study.id for study in studies]), Lease.state.in_(OPEN_OR_DONE))
        .where(Lease.outcome["verdict"].astext.is_distinct_from(Verdict.STOPPED))
        .group_by(Lease.study_id, Lease.state)
    )
    parent = aliased(Study)
    analyses = select(Analysis.study_id, parent.name).join(parent, parent.id == Analysis.parent_id)
    found = session.execute(analyses.where(Analysis.study_id.in_([study.id for study in studies])))
    analysed = dict(found.all())
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
            analysis_of=analysed.get(study.id),
        )
        for study in studies
    ]
