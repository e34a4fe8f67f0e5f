"""Importances as a lab reads them: of each weight, with where they come from and what to beware of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import optuna

from service.importances.answers import Answer, Answers
from service.importances.calculator import Estimates
from service.importances.evaluation import EVALUATORS, Method, spread_of
from service.importances.sources import Choice, Source, select_trials
from service.storage.store import Store


@dataclass(frozen=True)
class WeightImportance:
    """How much a weight matters.

    Attributes:
        name: Of the weight.
        importance: Its share of all importance.
        standard_deviation: Of the share.
        rank: 1 for the most important; of equals, the first in the published order has the lower.
    """

    name: str
    importance: float
    standard_deviation: float
    rank: int


@dataclass(frozen=True)
class Report:
    """Importances of a study's searched weights.

    Attributes:
        study: Name of the study that was asked about.
        method: How they were found.
        evaluator: Name of Optuna's class that found them.
        version: Of Optuna.
        trials: Which trials were asked for.
        source: Where they came from.
        spread: Over what the standard deviations are, in words.
        weights: In the published order.
        warnings: What a reader should know before drawing conclusions.
    """

    study: str
    method: Method
    evaluator: str
    version: str
    trials: Choice
    source: Source
    spread: str
    weights: Sequence[WeightImportance]
    warnings: Sequence[str]


@dataclass(frozen=True)
class Pending:
    """Importances that are still calculated.

    Attributes:
        source: The trials that they will be of, or of a few less.
    """

    study: str
    method: Method
    trials: Choice
    source: Source


def of_study(store: Store, answers: Answers, name: str, method: Method, choice: Choice) -> Report | Pending:
    """The importances of a study's weights, or that they are not there yet.

    Raises:
        StudyNotFoundError: If there is no such study.
        NoDesignError: If its design is asked for, and there is none.
        TooFewTrialsError: If there are too few trials, or no weight is searched.
        NothingToExplainError: If all trials have the same value, or too many for the method.
        CalculationError: If they cannot be calculated.
    """
    selection = select_trials(store, name, choice)
    answer = answers.ask(selection, method)
    if answer is None:
        return Pending(name, method, choice, selection.source)
    evaluator = EVALUATORS[method]
    return Report(
        study=name,
        method=method,
        evaluator=f"optuna.importance.{evaluator.__name__}",
        version=optuna.__version__,
        trials=choice,
        source=answer.source,
        spread=spread_of(method),
        weights=_ranked(answer.source.searched, answer.estimates),
        warnings=list(_warnings(name, answer, selection.source)),
    )


def _ranked(names: Sequence[str], estimates: Estimates) -> list[WeightImportance]:
    by_importance = sorted(range(len(names)), key=lambda place: -estimates[place].mean)
    rank = {place: rank for rank, place in enumerate(by_importance, start=1)}
    return [
        WeightImportance(name, estimate.mean, estimate.standard_deviation, rank[place])
        for place, (name, estimate) in enumerate(zip(names, estimates, strict=True))
    ]


def _warnings(name: str, answer: Answer, now: Source) -> Iterator[str]:
    source = answer.source
    if source.sampler == "enqueued":
        yield (
            "the trials are a list of goals, which need not be spread over the search space; importance from such "
            f"means little. {_advice(name)}"
        )
    elif source.sampler != "sobol":
        yield (
            f"the trials are those of an optimiser, {source.sampler}, which after its first ones tries mostly what it "
            f"takes for good; importance from such trials may be close to noise. {_advice(name)}"
        )
    if source.left_out.pruned:
        yield (
            f"{source.left_out.pruned} trials were pruned and are left out, the worse ones: what makes a goal bad is "
            "seen less than it should be"
        )
    if len(source.searched) == 1:
        yield "only one weight is searched: it has all importance, however little that is"
    if source.n_trials < now.n_trials:
        yield f"{now.n_trials} trials are complete by now; this is of the first {source.n_trials} of them, ask again"


def _advice(name: str) -> str:
    return (
        f"Make a design with `infomorphic analyse {name} design` or "
        f'POST /v1/studies/{name}/analyses {{"kind": "design"}}, and ask for trials=design once it has run'
    )
