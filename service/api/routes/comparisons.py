"""Several studies side by side."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service import showing
from service.api.comparison_schemas import Comparison
from service.api.dependencies import AnswersDep, SessionDep, StoreDep
from service.api.pending import STILL_COMPUTED, not_yet
from service.api.picture_answers import PICTURES, as_answer
from service.api.problems import responses
from service.api.routes.pictures import Ending
from service.comparisons import comparing, importance
from service.comparisons.best_goals import best_goals
from service.importances.report import Pending
from service.spec import StudyName

router = APIRouter(prefix="/comparisons", tags=["comparisons"], responses=responses(404))

StudyNames = Annotated[
    list[StudyName], Query(alias="study", min_length=2, max_length=20, description="Names of studies; two at least.")
]
RankedBy = Annotated[
    importance.RankedBy,
    Query(description="What tells which weights matter: an individual zeroing, or importances of a design."),
]


@router.get("", response_model=Comparison, responses={202: STILL_COMPUTED, **responses(409)})
def compare_studies(
    names: StudyNames,
    session: SessionDep,
    store: StoreDep,
    answers: AnswersDep,
    ranked_by: RankedBy = "zeroing",
) -> Comparison | Response:
    """How alike the best goals of some studies are, and whether the same weights matter in them."""
    found = comparing.compare(session, store, answers, names, ranked_by)
    return not_yet(found) if isinstance(found, Pending) else Comparison.of(found)


@router.get("/plot.{ending}", response_class=Response, responses={200: PICTURES})
def get_comparison_picture(names: StudyNames, ending: Ending, session: SessionDep, store: StoreDep) -> Response:
    """The best goals of some studies side by side."""
    picture = showing.of_goals(best_goals(session, store, names))
    session.close()  # drawing takes longer than a connection should be kept
    return as_answer(picture, ending, "comparison")
