"""How much each searched weight matters."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.api.dependencies import AnswersDep, StoreDep, StudyInPath
from service.api.importance_schemas import Importances
from service.api.pending import STILL_COMPUTED, not_yet
from service.api.problems import responses
from service.importances import report
from service.importances.evaluation import Method
from service.importances.report import Pending
from service.importances.sources import Choice

router = APIRouter(prefix="/studies/{name}", tags=["importances"], responses=responses(404, 409))

MethodInQuery = Annotated[
    Method,
    Query(
        description="mdi: mean decrease impurity. fanova: share of the variance; slow. ped_anova: what sets the best "
        "tenth of the trials apart."
    ),
]
ChoiceInQuery = Annotated[
    Choice, Query(description="all: the study's own trials. design: those of the largest design that was made for it.")
]


@router.get("/importances", response_model=Importances, responses={202: STILL_COMPUTED})
def get_importances(
    name: StudyInPath,
    store: StoreDep,
    answers: AnswersDep,
    method: MethodInQuery = "mdi",
    trials: ChoiceInQuery = "all",
) -> Importances | Response:
    """How much each searched weight matters for the validation accuracy, by one of Optuna's evaluators."""
    found = report.of_study(store, answers, name, method, trials)
    if isinstance(found, Pending):
        return not_yet(found)
    return Importances.of(found)
