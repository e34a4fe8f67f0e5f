"""A study's trials, and the best of them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from optuna.trial import TrialState

from service import best, studies, trials
from service.analyses import reporting
from service.api.dependencies import Limit, Offset, SessionDep, StoreDep, StudyInPath, TrialInPath
from service.api.goal_answers import FILES, JSON, VARY, FormatName, as_goal_file, media_type_for
from service.api.problems import responses
from service.api.trial_schemas import BestGoal, Trial, TrialPage

router = APIRouter(prefix="/studies/{name}", tags=["trials"], responses=responses(404))

TrialStateName = Literal["running", "complete", "pruned", "fail", "waiting"]

Wanted = Annotated[best.Wanted, Query(description="Which goal: the recommended one, or one of the two.")]
Format = Annotated[FormatName | None, Query(alias="format", description="Goes before the header Accept.")]


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


@router.get("/best", response_model=BestGoal, responses={200: {"content": FILES}, **responses(406)})
def get_best_goal(
    name: StudyInPath,
    session: SessionDep,
    store: StoreDep,
    request: Request,
    response: Response,
    which: Wanted = "recommended",
    written_as: Format = None,
) -> BestGoal | Response:
    """The best goal: by the mean of several networks where there is one, else that of the best single trial.

    As JSON with what is known of both, or alone as a goal file.
    """
    spec = studies.get(session, name).spec
    confirmations = reporting.reports(session, store, name, "confirmation")
    found = best.find(store, spec, confirmations, which)
    goals = best.goals_in_file(spec, found.chosen.trial)
    media_type = media_type_for(request, written_as, goals)
    if media_type != JSON:
        return as_goal_file(name, goals, media_type)
    response.headers.update(VARY)
    return BestGoal.of(found, spec)
