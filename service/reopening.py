"""Failures that are tried again when a study is resumed."""

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.algorithms import Enqueued
from service.spec import StudySpec
from service.storage.leases import Verdict
from service.storage.tables import Lease, LeaseState, Study


def has_goals_to_try_again(session: Session, study: Study) -> bool:
    """Whether goals that a study lists have failed."""
    listed = isinstance(StudySpec.model_validate(study.spec).sampler, Enqueued)
    return listed and session.scalar(select(Lease.id).where(*_failures(study)).limit(1)) is not None


def reopen_failures(session: Session, study: Study) -> None:
    """Let failures of an ended study be tried again: those that ended it, or, of listed goals, all."""
    session.execute(
        update(Lease)
        .where(*_failures(study))
        .values(state=LeaseState.DECIDED, outcome=Lease.outcome.concat({"verdict": Verdict.REOPEN}))
        .execution_options(synchronize_session=False)
    )
    study.failures_count_from, study.reason = func.now(), None


def _failures(study: Study) -> tuple[ColumnElement[bool], ...]:
    """Which leases of an ended study have failures to be tried again."""
    told = (Lease.study_id == study.id, Lease.state == LeaseState.TOLD)
    verdict = Lease.outcome["verdict"].astext
    failed = (*told, verdict == Verdict.FAIL)
    if isinstance(StudySpec.model_validate(study.spec).sampler, Enqueued):
        return failed
    # Those that ended the study: since the last success before its end.
    successes = (*told, verdict.in_((Verdict.COMPLETE, Verdict.PRUNED)), Lease.settled_at <= study.ended_at)
    last_success = select(func.max(Lease.settled_at)).where(*successes).scalar_subquery()
    return (*failed, Lease.settled_at > func.coalesce(last_success, study.created_at))
