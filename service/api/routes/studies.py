"""Studies: make, look, steer, delete."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from sqlalchemy.orm import Session

from service import creation, generations, studies, trials
from service.api.dependencies import Limit, Offset, SessionDep, SettingsDep, StoreDep, StudyInPath
from service.api.problems import responses
from service.api.schemas import Generations, StudyDetail, StudyPage, StudySummary
from service.spec import StudySpec
from service.storage.store import Store
from service.storage.tables import StudyState

router = APIRouter(prefix="/studies", tags=["studies"])


@router.post("", status_code=201, responses=responses(409))
def create_study(
    spec: StudySpec, session: SessionDep, store: StoreDep, settings: SettingsDep, response: Response
) -> StudyDetail:
    """Create a study; workers start on it at once."""
    creation.create(session, store, spec, settings.data_dir)
    response.headers["Location"] = f"/v1/studies/{spec.name}"
    return _detail(session, store, spec.name)


@router.get("")
def list_studies(
    session: SessionDep, offset: Offset = 0, limit: Limit = 100, state: StudyState | None = None
) -> StudyPage:
    """List studies, newest first."""
    found, total = studies.page(session, offset, limit, state)
    return StudyPage(studies=[StudySummary.of(progress) for progress in found], total=total)


@router.get("/{name}", responses=responses(404))
def get_study(name: StudyInPath, session: SessionDep, store: StoreDep) -> StudyDetail:
    """Look at a study: its state, spec and tally."""
    return _detail(session, store, name)


@router.post("/{name}/{action}", responses=responses(404, 409))
def change_study(
    name: StudyInPath,
    action: Annotated[Literal["pause", "resume", "stop"], Path(description="What to do with the study.")],
    session: SessionDep,
) -> StudySummary:
    """Pause (runs in hand finish, none starts), resume, or stop (runs in hand end at their next epoch)."""
    return StudySummary.of(studies.change(session, name, action))


@router.delete("/{name}", status_code=204, responses=responses(404, 409))
def delete_study(name: StudyInPath, session: SessionDep, store: StoreDep) -> None:
    """Delete an ended study and all of its trials."""
    studies.delete(session, store, name)


def _detail(session: Session, store: Store, name: str) -> StudyDetail:
    progress = studies.get(session, name)
    overview = trials.overview(store, progress.spec)
    found = generations.report(session, store, progress.spec)
    return StudyDetail(
        **StudySummary.of(progress).model_dump(),
        tally=overview.tally,
        best_validation_accuracy=overview.best_value,
        dashboard=f"/dashboard/studies/{overview.study_number}",
        generations=None if found is None else Generations(**asdict(found)),
        spec=progress.spec,
    )
