"""Leases: who may train what, until when. Every statement uses Postgres's clock.

Locks on a study's row are `FOR NO KEY UPDATE`, which lets leases be written meanwhile; only deleting takes the full
lock, and waits for whoever decides or settles.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, not_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.errors import LeaseLostError
from service.storage import artifacts
from service.storage.artifacts import Artifact
from service.storage.tables import Lease, LeaseState, Study, StudyState

OPEN_OR_DONE = (LeaseState.HELD, LeaseState.DECIDED, LeaseState.TOLD)
"""States that take up one of a study's trials."""


RENEWAL_AFTER_RESTART = timedelta(seconds=10)
"""Workers try every second to renew their leases once a server that was down is back."""

LONGEST_REASON = 2000
"""Characters of a reason that are kept; it may be an exception that printed a tensor."""


class Verdict(StrEnum):
    """What came of a run.

    complete: it has a value. pruned: it was ended early and counts. fail: it failed for good. retry: its worker died
    or raised; it is tried again, up to the study's max_attempts. reopen: it failed for good, but the study was resumed.
    stopped: the study was stopped. released: its worker shut down; it is tried again, and the attempt does not count.
    """

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAIL = "fail"
    RETRY = "retry"
    REOPEN = "reopen"
    STOPPED = "stopped"
    RELEASED = "released"


@dataclass(frozen=True)
class Outcome:
    """What came of a run, as kept with its lease.

    Attributes:
        verdict: What kind of end it came to.
        value: Validation accuracy of a complete run, the mean of its networks'.
        repeats: The validation accuracy of each network of a complete run that trained several.
        reason: Why a run is not complete, in words; kept without NUL, which Postgres cannot store, and not too long.
        artifacts: What the run leaves with its trial, however it ended; kept beside the lease.
        left_out: Which artifacts are not kept, and why, in words; kept as the reason is.

    Raises:
        ValueError: If a complete run has no finite value, or another has one; if two artifacts have one name.
    """

    verdict: Verdict
    value: float | None = None
    reason: str | None = None
    repeats: tuple[float, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    left_out: str | None = None

    def __post_init__(self) -> None:
        finite = self.value is not None and math.isfinite(self.value)
        if finite != (self.verdict is Verdict.COMPLETE) or (self.value is not None and not finite):
            raise ValueError(f"a complete run has a finite value, no other has one; got {self.verdict}, {self.value}")
        names = [artifact.name for artifact in self.artifacts]
        if len(set(names)) < len(names):
            raise ValueError(f"artifacts: each of a run's has a name of its own; got {names}")
        for field in ("reason", "left_out"):
            if (words := getattr(self, field)) is not None:
                storable = words.replace("\0", "").encode("utf-8", "replace").decode()
                object.__setattr__(self, field, storable[:LONGEST_REASON])

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Outcome":
        """The outcome as it was stored, without its artifacts."""
        repeats = tuple(stored.get("repeats") or ())
        verdict, left_out = Verdict(stored["verdict"]), stored.get("left_out")
        return cls(verdict, stored.get("value"), stored.get("reason"), repeats, left_out=left_out)

    def as_json(self) -> dict[str, Any]:
        """The outcome as it is stored with the lease, without its artifacts."""
        stored = asdict(self)
        del stored["artifacts"]
        return stored


def count(session: Session, study_id: int, states: tuple[LeaseState, ...]) -> int:
    """How many leases of a study are in one of these states."""
    query = select(func.count()).where(Lease.study_id == study_id, Lease.state.in_(states))
    return session.scalar(query) or 0


def link(engine: Engine, token: int, trial_number: int | None) -> bool:
    """Say which trial a lease is for, or that it is for none yet; False if another lease is for that trial.

    Raises:
        LeaseLostError: If the lease ran out meanwhile.
    """
    try:
        with engine.begin() as connection:
            _change_held(connection, token, {"trial_number": trial_number})
    except IntegrityError:
        return False
    return True


def renew(engine: Engine, tokens: Sequence[int], lease_seconds: float) -> dict[int, StudyState]:
    """Hold leases for longer: those that are still held, with the states of their studies."""
    of_study = Lease.study_id == Study.id
    with engine.begin() as connection:
        renewed = connection.execute(
            update(Lease)
            .where(Lease.id.in_(tokens), Lease.state == LeaseState.HELD, of_study)
            .values(expires_at=func.now() + timedelta(seconds=lease_seconds))
            .returning(Lease.id, Study.state)
        )
        return {token: StudyState(state) for token, state in renewed}


def decide(engine: Engine, token: int, outcome: Outcome) -> None:
    """Write a run's outcome with its artifacts: the commit point, after which it cannot be lost nor changed by another.

    Artifacts that the database does not take are left out, and the outcome says so.

    Raises:
        LeaseLostError: If the lease ran out and was given away: the outcome is refused.
        sqlalchemy.exc.OperationalError: If the database is away.
    """
    with engine.begin() as connection:
        # The study's row first, to which artifacts refer: who deletes the study locks it before its leases too.
        of_lease = select(Study.id).join(Lease).where(Lease.id == token)
        connection.execute(of_lease.with_for_update(read=True, key_share=True, of=Study))
        if connection.scalar(select(Lease.state).where(Lease.id == token)) == LeaseState.HELD:  # else refused below
            refusal = artifacts.write_unless_refused(connection, token, outcome.artifacts)
            outcome = replace(outcome, left_out="; ".join(filter(None, (outcome.left_out, refusal))) or None)
        # Last: its row is not locked before, so that whoever renews or expires leases does not wait for artifacts.
        _change_held(connection, token, {"state": LeaseState.DECIDED, "outcome": outcome.as_json()})


def _change_held(connection: Connection, token: int, values: dict[str, Any]) -> None:
    changed = connection.execute(update(Lease).where(Lease.id == token, Lease.state == LeaseState.HELD).values(values))
    if changed.rowcount != 1:
        raise LeaseLostError(f"lease {token} is no longer held")


def expire(engine: Engine) -> int:
    """Take back the leases whose workers were not heard from in time; how many.

    Workers could not be heard while the server was down: leases from before get some time to be renewed.
    """
    down_since_claimed = Lease.claimed_at < func.pg_postmaster_start_time()
    just_back = func.now() < func.pg_postmaster_start_time() + RENEWAL_AFTER_RESTART
    with engine.begin() as connection:
        changed = connection.execute(
            update(Lease)
            .where(
                Lease.state == LeaseState.HELD, Lease.expires_at < func.now(), not_(and_(down_since_claimed, just_back))
            )
            .values(
                state=LeaseState.DECIDED,
                outcome=func.jsonb_build_object(
                    *("verdict", Verdict.RETRY.value),
                    *("reason", func.concat("its worker ", Lease.worker, " was not heard from in time")),
                ),
            )
        )
    return changed.rowcount


def give_back(engine: Engine, worker: str, outcome: Outcome) -> int:
    """End the leases of a worker, or of all workers of a pool, with the same outcome; how many.

    Args:
        engine: Our tables.
        worker: Name of a worker, or of a pool, whose workers are called `pool/…`.
        outcome: What came of their runs; without artifacts, which are a single run's.
    """
    its_own = or_(Lease.worker == worker, Lease.worker.startswith(f"{worker}/", autoescape=True))
    with engine.begin() as connection:
        changed = connection.execute(
            update(Lease)
            .where(Lease.state == LeaseState.HELD, its_own)
            .values(state=LeaseState.DECIDED, outcome=outcome.as_json())
        )
    return changed.rowcount
