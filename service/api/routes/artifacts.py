"""The files that a run left with its trial."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from service import artifacts
from service.api.dependencies import SessionDep, StoreDep, StudyInPath, TrialInPath
from service.api.files import HEADERS
from service.api.problems import responses
from service.api.schemas import Artifact
from service.spec import StudyName

router = APIRouter(prefix="/studies/{name}/trials/{number}/artifacts", tags=["artifacts"], responses=responses(404))

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
    found = artifacts.get(session, store, name, number, artifact)
    disposition = f'attachment; filename="{found.name}"'
    # Not as Response's media_type, which would say of every text that it is UTF-8.
    headers = {**HEADERS, "Content-Disposition": disposition, "Content-Type": found.media_type}
    return Response(found.content, headers=headers)
