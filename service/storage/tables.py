"""Our own tables: only what Optuna lacks. Trials, parameters and values are Optuna's and never copied here."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Computed, ForeignKey, Identity, Index, MetaData, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.storage.database import SCHEMA


class StudyState(StrEnum):
    """Where a study is in its life: running ⇄ paused, then stopped, completed or failed.

    An analysis may be waiting first, for another one whose results it needs.
    """

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    COMPLETED = "completed"
    FAILED = "failed"


class LeaseState(StrEnum):
    """Where a run under a lease is.

    held: a worker trains it. decided: its outcome is written, which commits it; Optuna may not know yet. told: Optuna
    knows; it counts as one of the study's trials. requeued: it did not count, and another attempt may be waiting.
    """

    HELD = "held"
    DECIDED = "decided"
    TOLD = "told"
    REQUEUED = "requeued"


class Table(DeclarativeBase):
    """A table in our schema."""

    metadata = MetaData(
        schema=SCHEMA,
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        },
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's way
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        int: BigInteger,
    }


class Study(Table):
    """A study: its spec as posted, and its life.

    Attributes:
        last_claim_at: When a worker last took a run, so that studies take turns.
        failures_count_from: Only failures settled after this count towards the failure limit.
        pictured_at: When the dashboard was last given pictures of it.
    """

    __tablename__ = "studies"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    spec: Mapped[dict[str, Any]]
    n_trials: Mapped[int] = mapped_column(Computed("(spec->>'n_trials')::bigint", persisted=True))
    state: Mapped[str] = mapped_column(server_default=StudyState.RUNNING)
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    ended_at: Mapped[datetime | None]
    last_claim_at: Mapped[datetime | None]
    failures_count_from: Mapped[datetime] = mapped_column(server_default=text("now()"))
    pictured_at: Mapped[datetime | None]


class Analysis(Table):
    """What makes a study an analysis of another.

    Attributes:
        study_id: The study whose trials are the analysis' runs.
        parent_id: The study that is analysed.
        waits_for_id: The study of the analysis that this one needs the results of, until it has them.
        request: What was asked for, as understood, see `service.analyses.requests`.
        variants: What is tried, in order, see `service.analyses.variants`.
    """

    __tablename__ = "analyses"
    __table_args__ = (Index(None, "parent_id"), Index(None, "waits_for_id"))

    study_id: Mapped[int] = mapped_column(ForeignKey(Study.id, ondelete="CASCADE"), primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey(Study.id))
    waits_for_id: Mapped[int | None] = mapped_column(ForeignKey(Study.id))
    request: Mapped[dict[str, Any]]
    variants: Mapped[list[dict[str, Any]]]


class Lease(Table):
    """The right of one worker to one run of a study, until it expires.

    Attributes:
        id: The fencing token: a result under a token that is no longer held is refused.
        trial_number: Optuna's trial, once asked for.
        outcome: What came of it, see `service.storage.leases`.
    """

    __tablename__ = "leases"
    __table_args__ = (
        Index(None, "study_id", "trial_number", unique=True, postgresql_where=text("trial_number IS NOT NULL")),
        Index(None, "study_id", "state"),
        Index(None, "expires_at", postgresql_where=text("state = 'held'")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(Study.id, ondelete="CASCADE"))
    worker: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=LeaseState.HELD)
    trial_number: Mapped[int | None]
    outcome: Mapped[dict[str, Any] | None]
    claimed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class StoredArtifact(Table):
    """A file that a run left with its trial, see `service.storage.artifacts`."""

    __tablename__ = "artifacts"

    study_id: Mapped[int] = mapped_column(ForeignKey(Study.id, ondelete="CASCADE"), primary_key=True)
    trial_number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    content: Mapped[bytes]
    size: Mapped[int] = mapped_column(Computed("octet_length(content)", persisted=True))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
