"""A study's trials, and the best of them."""

from typing import Literal

from fastapi import APIRouter
from optuna.trial import TrialState

from service import studies, trials
from service.api.dependencies import Limit, Offset, SessionDep, StoreDep, StudyInPath, TrialInPath
from service.api.problems import responses
from service.api.schemas import Trial, TrialPage

router = APIRouter(prefix="/studies/{name}", tags=["trials"], responses=responses(404))

TrialStateName = Literal["running", "complete", "pruned", "fail", "waiting"]


@router.get("/trials")
def list_trials(
    name: StudyInPath,
    session: SessionDep,
    store: StoreDep,
    offset: Offset = 0,
    limit: Limit = 100,
    state: TrialStateName | None = None,
) -> TrialPage:
    """List trials in the order of their numbers, all or those in one state."""
    spec = studies.get(session, name).spec
    found, total = trials.page(store, spec, offset, limit, None if state is None else TrialState[state.upper()])
    return TrialPage(trials=[Trial.of(view, spec) for view in found], total=total)


@router.get("/trials/{number}")
def get_trial(name: StudyInPath, number: TrialInPath, session: SessionDep, store: StoreDep) -> Trial:
    """Look at a trial."""
    spec = studies.get(session, name).spec
    return Trial.of(trials.get(store, spec, number), spec)


@router.get("/best")
def get_best_trial(name: StudyInPath, session: SessionDep, store: StoreDep) -> Trial:
    """The trial with the highest validation accuracy, and its goal."""
    spec = studies.get(session, name).spec
    return Trial.of(trials.best(store, spec), spec)
