"""A trial's artifacts as its users read them."""

from sqlalchemy.orm import Session

from service import studies, trials
from service.errors import ArtifactNotFoundError
from service.storage import artifacts
from service.storage.artifacts import Artifact, ArtifactInfo
from service.storage.optuna_artifacts import read_by_id
from service.storage.store import Store


def of_trial(session: Session, store: Store, name: str, number: int) -> list[ArtifactInfo]:
    """What a trial has, by name.

    Raises:
        StudyNotFoundError: If there is no study of this name.
        TrialNotFoundError: If it has no trial of this number.
    """
    study = studies.get(session, name)
    found = artifacts.of_trial(session, study.id, number)
    if not found:
        trials.get(store, study.spec, number)
    return found


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
        kept = studies.get(session, name).spec.record
        unkept = ": the study's `record` is `none`" if kept == "none" else ""
        raise ArtifactNotFoundError(
            f"trial {number} of study {name!r} has no artifact {artifact!r}; it has {there}{unkept}"
        )
    return found


def by_key(session: Session, key: str) -> Artifact:
    """The artifact that has this id in Optuna, and so in its dashboard's addresses.

    Raises:
        ArtifactNotFoundError: If there is none.
    """
    found = read_by_id(session, key)
    if found is None:
        raise ArtifactNotFoundError(f"there is no artifact {key!r}")
    return found
