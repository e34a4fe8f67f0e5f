"""Artifacts: files that a run leaves with its trial. They are kept in Postgres, all that API and workers share."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.spec import LARGEST_RECORD, NAME_PATTERN
from service.storage.tables import Lease, StoredArtifact

LARGEST = LARGEST_RECORD
"""Bytes of an artifact; it is held in memory where it is written and read."""

MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
"""A type and a subtype without parameters. Source: RFC 6838, section 4.2, in lower case and half as long."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Artifact:
    """A file that a run leaves with its trial.

    Attributes:
        name: A plain file name, such as `curves.csv`.
        media_type: What it is, such as `text/csv`.
        content: Its bytes.

    Raises:
        ValueError: If the name or the media type is none, or the content is too large.
    """

    name: str
    media_type: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME_PATTERN, self.name):
            raise ValueError(
                "name: an artifact's has 1 to 100 of the letters A-Z and a-z, the digits, '.', '_' and '-', the first "
                f"a letter or digit; got {self.name!r}"
            )
        if not MEDIA_TYPE.fullmatch(self.media_type):
            raise ValueError(f"media_type: expected one such as text/csv, without parameters; got {self.media_type!r}")
        if len(self.content) > LARGEST:
            raise ValueError(f"content: {self.name} has {len(self.content)} bytes; an artifact has at most {LARGEST}")


@dataclass(frozen=True)
class ArtifactInfo:
    """An artifact without its content; `size` is in bytes."""

    name: str
    media_type: str
    size: int
    created_at: datetime


def write_unless_refused(connection: Connection, token: int, artifacts: Sequence[Artifact]) -> str | None:
    """Keep artifacts with the trial that a lease is for, in the connection's transaction: all or none.

    Returns:
        Why the database does not take them, if it does not; the transaction goes on.

    Raises:
        sqlalchemy.exc.OperationalError: If the database is away, and may take them once it is back.
    """
    if not artifacts:
        return None
    try:
        with connection.begin_nested():
            _write(connection, token, artifacts)
    except Exception as error:
        if connection.invalidated:
            raise
        logger.warning("the artifacts of lease %d are not kept", token, exc_info=True)
        said = str(error.orig if isinstance(error, DBAPIError) else error) or type(error).__name__
        return f"{', '.join(each.name for each in artifacts)}: the database does not take them: {said.splitlines()[0]}"
    return None


def _write(connection: Connection, token: int, artifacts: Sequence[Artifact]) -> None:
    columns = ["study_id", "trial_number", "name", "media_type", "content"]
    for artifact in artifacts:  # one a statement, of which Postgres takes none of a gigabyte
        values = map(literal, (artifact.name, artifact.media_type, artifact.content))
        row = select(Lease.study_id, Lease.trial_number, *values).where(Lease.id == token)
        connection.execute(insert(StoredArtifact).from_select(columns, row))


def of_trial(session: Session, study_id: int, trial_number: int) -> list[ArtifactInfo]:
    """A trial's artifacts, by name."""
    row = StoredArtifact
    found = select(row.name, row.media_type, row.size, row.created_at).where(*_of(study_id, trial_number))
    return [ArtifactInfo(*values) for values in session.execute(found.order_by(row.name))]


def read(session: Session, study_id: int, trial_number: int, name: str) -> Artifact | None:
    """An artifact with its content; None if there is none of this name."""
    row = StoredArtifact
    named = select(row.name, row.media_type, row.content).where(*_of(study_id, trial_number), row.name == name)
    found = session.execute(named).one_or_none()
    return None if found is None else Artifact(*found)


def _of(study_id: int, trial_number: int) -> tuple[ColumnElement[bool], ...]:
    return StoredArtifact.study_id == study_id, StoredArtifact.trial_number == trial_number
