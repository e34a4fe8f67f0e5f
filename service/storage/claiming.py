"""Claiming: who is given which study's next runs, exactly as many as the study has trials."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.storage.leases import OPEN_OR_DONE, count
from service.storage.tables import Lease, LeaseState, Study, StudyState


@dataclass(frozen=True)
class Candidate:
    """A running study that had trials left a moment ago; `left` is how many."""

    study_id: int
    spec: dict[str, Any]
    left: int


@dataclass(frozen=True)
class Claim:
    """A lease just taken: a fencing token and the study it is for."""

    token: int
    study_id: int
    study_name: str
    spec: dict[str, Any]


def candidates(engine: Engine) -> list[Candidate]:
    """Studies to claim from, in turn: those with the fewest workers first, then who has waited longest."""
    workers = func.count(Lease.worker.distinct())
    held = select(workers).where(Lease.study_id == Study.id, Lease.state == LeaseState.HELD).scalar_subquery()
    taken = select(func.count()).where(Lease.study_id == Study.id, Lease.state.in_(OPEN_OR_DONE)).scalar_subquery()
    waiting = (
        select(Study.id, Study.spec, Study.n_trials - taken)
        .where(Study.state == StudyState.RUNNING, taken < Study.n_trials)
        .order_by(held, Study.last_claim_at.asc().nulls_first(), Study.id)
    )
    with Session(engine) as session:
        return [Candidate(*row) for row in session.execute(waiting)]


def claim(
    engine: Engine,
    study_id: int,
    wanted: int,
    worker: str,
    lease_seconds: float,
    room: Callable[[Session], int] | None = None,
) -> list[Claim]:
    """Take up to so many runs of a study; none if it has none left, or another worker is claiming from it just now.

    The study's row is locked for the moment, so that its trials are counted exactly; other workers pass it by.

    Args:
        engine: Our tables.
        study_id: Which study.
        wanted: How many to take at most.
        worker: Who takes them.
        lease_seconds: How long they are theirs without renewal.
        room: How many may be taken for another reason than the number of trials; asked once the row is locked.
    """
    with Session(engine) as session, session.begin():
        running = select(Study).where(Study.id == study_id, Study.state == StudyState.RUNNING)
        study = session.scalar(running.with_for_update(skip_locked=True, key_share=True))
        if study is None:
            return []
        number = min(wanted, study.n_trials - count(session, study.id, OPEN_OR_DONE))
        if number > 0 and room is not None:
            number = min(number, room(session))
        if number <= 0:
            return []
        study.last_claim_at = func.now()
        until = func.now() + timedelta(seconds=lease_seconds)
        leases = [Lease(study_id=study.id, worker=worker, expires_at=until) for _ in range(number)]
        session.add_all(leases)
        session.flush()
        return [Claim(lease.id, study.id, study.name, study.spec) for lease in leases]
