"""Studies, analyses and comparisons as pictures."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from service import showing
from service.api.dependencies import AnswersDep, SessionDep, StoreDep, StudyInPath
from service.api.pending import STILL_COMPUTED
from service.api.picture_answers import PICTURES, as_answer
from service.api.problems import responses
from service.api.routes.analyses import AnalysisInPath
from service.api.routes.importances import ChoiceInQuery, MethodInQuery
from service.errors import InvalidFieldError
from service.importances.report import Pending
from service.pictures.chart import Picture
from service.pictures.rendering import Format

router = APIRouter(tags=["pictures"], responses={200: PICTURES, 202: STILL_COMPUTED, **responses(404, 409)})

Ending = Annotated[Format, Path(description="Which file: SVG and PNG to print, HTML to point at.")]
TrialInQuery = Annotated[
    int | None, Query(ge=0, le=10**9, description="Number of the trial whose goal or atoms; by default the best one.")
]
What = Annotated[showing.Subject, Query(description="What of the study.")]


@router.get("/studies/{name}/plot.{ending}", response_class=Response)
def get_study_picture(
    name: StudyInPath,
    ending: Ending,
    session: SessionDep,
    store: StoreDep,
    answers: AnswersDep,
    what: What = "goal",
    trial: TrialInQuery = None,
    method: MethodInQuery = "mdi",
    trials: ChoiceInQuery = "all",
) -> Response:
    """A study as a picture: its best goal, its history, all goals, the information in a trial, or what matters."""
    if trial is not None and what not in {"goal", "atoms"}:
        raise InvalidFieldError("trial", f"{what} is not of a single trial; goal and atoms are")
    picture: Picture | Pending
    if what == "importances":
        picture = showing.of_importances(store, answers, name, method, trials)
    else:
        picture = showing.of_search(session, store, name, what, trial)
    session.close()  # drawing takes longer than a connection should be kept
    return as_answer(picture, ending, f"{name}-{what}")


@router.get("/studies/{name}/analyses/{analysis}/plot.{ending}", response_class=Response)
def get_analysis_picture(
    name: StudyInPath,
    analysis: AnalysisInPath,
    ending: Ending,
    session: SessionDep,
    store: StoreDep,
    answers: AnswersDep,
    method: MethodInQuery = "mdi",
) -> Response:
    """What an analysis has found so far, as a picture; of a design, which weights matter by a method."""
    picture = showing.of_analysis(session, store, answers, name, analysis, method)
    session.close()
    return as_answer(picture, ending, analysis)
