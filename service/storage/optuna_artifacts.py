"""Artifacts as Optuna and its dashboard know them: noted with the trial, and read from our table."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from io import BytesIO, UnsupportedOperation
from typing import BinaryIO

from optuna.artifacts import ArtifactMeta
from optuna.artifacts._upload import ARTIFACTS_ATTR_PREFIX
from optuna.artifacts.exceptions import ArtifactNotFound
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.spec import NAME_PATTERN
from service.storage.artifacts import Artifact, ArtifactInfo, read

ID = re.compile(r"(?P<study>[0-9a-f]{1,15})-(?P<trial>[0-9a-f]{1,15})-(?P<name>([0-9a-f]{2})+)")
"""What `artifact_id` makes; 15 digits are less than Postgres's bigint has."""


def artifact_id(study_id: int, trial_number: int, name: str) -> str:
    """An artifact's key in Optuna's words: of digits that the dashboard's addresses allow, and the same every time."""
    return f"{study_id:x}-{trial_number:x}-{name.encode().hex()}"


def read_by_id(session: Session, artifact_id: str) -> Artifact | None:
    """An artifact with its content; None if there is none of this id, or it is none of ours."""
    parts = ID.fullmatch(artifact_id)
    name = "" if parts is None else bytes.fromhex(parts["name"]).decode("ascii", "replace")
    if parts is None or not re.fullmatch(NAME_PATTERN, name):
        return None
    return read(session, int(parts["study"], 16), int(parts["trial"], 16), name)


def note(storage: BaseStorage, study_id: int, trial_id: int, trial_number: int, found: Sequence[ArtifactInfo]) -> None:
    """Note artifacts with their trial as `optuna.artifacts.upload_artifact` does, unless it has ended.

    Args:
        storage: Optuna's.
        study_id: The study's number in our tables.
        trial_id: The trial's number in the whole of Optuna's tables.
        trial_number: Its number in the study.
        found: What the trial has.
    """
    with suppress(UpdateFinishedTrialError):
        for artifact in found:
            key = artifact_id(study_id, trial_number, artifact.name)
            meta = ArtifactMeta(key, filename=artifact.name, mimetype=artifact.media_type, encoding=None)
            storage.set_trial_system_attr(trial_id, f"{ARTIFACTS_ATTR_PREFIX}{key}", json.dumps(asdict(meta)))


class ArtifactsForReading:
    """Our artifacts as a store of Optuna's protocol, which only leases write to."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """The content of an artifact.

        Raises:
            ArtifactNotFound: If there is none of this id.
        """
        with Session(self._engine) as session:
            found = read_by_id(session, artifact_id)
        if found is None:
            raise ArtifactNotFound(f"there is no artifact {artifact_id}")
        return BytesIO(found.content)

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:  # noqa: ARG002 - the protocol's
        """Refuse: artifacts come with the outcome of a run.

        Raises:
            UnsupportedOperation: Always.
        """
        raise UnsupportedOperation(f"artifact {artifact_id} cannot be written: artifacts come with a run's outcome")

    def remove(self, artifact_id: str) -> None:
        """Refuse: artifacts go with their study.

        Raises:
            UnsupportedOperation: Always.
        """
        raise UnsupportedOperation(f"artifact {artifact_id} cannot be removed: artifacts go with their study")
