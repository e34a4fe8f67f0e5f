"""A trial's artifacts as its users read them."""

from sqlalchemy.orm import Session

from service import studies, trials
from service.errors import ArtifactNotFoundError
from service.storage import artifacts
from service.storage.artifacts import Artifact, ArtifactInfo
from service.storage.store import Store


def of_trial(session: Session, store: Store, name: str, number: int) -> list[ArtifactInfo]:
    """What a trial has, by name.

    Raises:
        StudyNotFoundError: If there is no study of this name.
        TrialNotFoundError: If it has no trial of this number.
    """
    study = studies.get(session, name)
    trials.get(store, study.spec, number)
    return artifacts.of_trial(session, study.id, number)


def get(session: Session, store: Store, name: str, number: int, artifact: str) -> Artifact:
    """One of a trial's artifacts, with its content.

    Raises:
        StudyNotFoundError: If there is no study of this name.
        TrialNotFoundError: If it has no trial of this number.
        ArtifactNotFoundError: If the trial has no artifact of this name.
    """
    found = artifacts.read(session, studies.get(session, name).id, number, artifact)
    if found is None:
        there = ", ".join(info.name for info in of_trial(session, store, name, number)) or "none"
        raise ArtifactNotFoundError(f"trial {number} of study {name!r} has no artifact {artifact!r}; it has {there}")
    return found
