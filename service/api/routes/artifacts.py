"""The files that a run left with its trial."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from service import artifacts
from service.api.dependencies import SessionDep, StoreDep, StudyInPath, TrialInPath
from service.api.files import as_file
from service.api.problems import responses
from service.api.trial_schemas import Artifact
from service.spec import StudyName

router = APIRouter(prefix="/studies/{name}/trials/{number}/artifacts", tags=["artifacts"], responses=responses(404))

of_dashboard = APIRouter(include_in_schema=False)

ArtifactInPath = Annotated[StudyName, Path(description="Name of an artifact, made as a study's is.")]

CONTENT = {"description": "The artifact.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


@router.get("")
def list_artifacts(name: StudyInPath, number: TrialInPath, session: SessionDep, store: StoreDep) -> list[Artifact]:
    """List the files that a run left with its trial, by name."""
    found = artifacts.of_trial(session, store, name, number)
    return [Artifact.model_validate(info, from_attributes=True) for info in found]


@router.get("/{artifact}", response_class=Response, responses={200: CONTENT})
def get_artifact(
    name: StudyInPath, number: TrialInPath, artifact: ArtifactInPath, session: SessionDep, store: StoreDep
) -> Response:
    """Download one of them."""
    return as_file(artifacts.get(session, store, name, number, artifact))


@of_dashboard.api_route("/artifacts/{study}/{trial}/{key}", methods=["GET", "HEAD"])
def get_artifact_for_dashboard(key: str, session: SessionDep) -> Response:
    """Download what the dashboard lists. Its own way there answers 500 for what there is not."""
    return as_file(artifacts.by_key(session, key))
