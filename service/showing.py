"""Studies, analyses and comparisons as pictures."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy.orm import Session

from model.goal import Goals
from service import artifacts, best, studies, trials
from service.analyses.reporting import report, reports
from service.comparisons.best_goals import BestGoal
from service.errors import InvalidFieldError
from service.importances.answers import Answers
from service.importances.evaluation import Method
from service.importances.report import Pending, of_study
from service.importances.report import Report as Importances
from service.importances.sources import Choice
from service.pictures import epochs, findings, goals, searches
from service.pictures.chart import Picture
from service.storage.store import Store
from service.trials import TrialView

HISTORY = "history.csv"
"""The artifact of a trial that has what its networks did after each epoch."""

MOST_COLUMNS = 60
"""Goals side by side: so many take matplotlib 2 s, in which no other picture is drawn."""

Subject = Literal["goal", "history", "parallel", "atoms", "importances"]
"""Of a study: its best goal, its trials by number or by weight, what a trial's networks did, or what matters."""


def of_search(session: Session, store: Store, name: str, subject: Subject, number: int | None = None) -> Picture:
    """A study as a picture; importances have one of their own, `of_importances`.

    Args:
        session: Our tables.
        store: Both halves.
        name: Of the study.
        subject: What of it.
        number: Of the trial, for a goal or the atoms; by default that of the best goal.

    Raises:
        StudyNotFoundError: If there is no study of this name.
        TrialNotFoundError: If it has no such trial, or none is complete.
        ArtifactNotFoundError: If nothing is recorded of the trial.
        InvalidFieldError: If there is no goal to show.
    """
    spec = studies.get(session, name).spec
    if subject == "history":
        every = [trials.view(spec, trial) for trial in trials.all_trials(store, name)]
        return searches.history(every, f"Search: {name}")
    if subject == "parallel":
        complete = [trials.view(spec, trial) for trial in trials.complete(store, name)]
        return searches.parallel_coordinates(complete, spec.weight_names, f"Goals and how good they are: {name}")
    if number is None:
        chosen = best.find(store, spec, reports(session, store, name, "confirmation")).chosen
        trial, about = chosen.trial, _why_best(chosen)
    else:
        trial = trials.get(store, spec, number)
        about = _own(trial)
    if subject == "goal":
        return goals.goal(_some(trial.goals), f"Goal: {name}", about)
    content = artifacts.get(session, store, name, trial.number, HISTORY).content
    return epochs.atoms_over_epochs(content, f"Information in the networks: {name}", _own(trial))


def _own(trial: TrialView) -> str:
    """A trial with what its own networks reached, which those of a confirmation need not."""
    return f"trial {trial.number}" + ("" if trial.value is None else f", validation accuracy {trial.value:.4f}")


def _why_best(chosen: best.SingleTrial | best.ByMean) -> str:
    networks = f", mean of {len(chosen.networks.runs)} networks" if isinstance(chosen, best.ByMean) else ""
    return f"trial {chosen.trial.number}, the best one, validation accuracy {chosen.accuracy:.4f}{networks}"


def _some(found: Goals | None) -> Goals:
    if not found:
        raise InvalidFieldError("what", "the trial has no goal to show; expected another picture")
    return found


def of_importances(store: Store, answers: Answers, name: str, method: Method, choice: Choice) -> Picture | Pending:
    """What matters in a study as a picture, or that it is not known yet; raises as `of_study` does."""
    found = of_study(store, answers, name, method, choice)
    return found if isinstance(found, Pending) else _bars(found)


def _bars(found: Importances) -> Picture:
    source = found.source
    doubt = "" if source.sampler == "sobol" else "; they are no even design, so that this may be close to noise"
    return searches.importances(
        [(weight.name, weight.importance, weight.standard_deviation) for weight in found.weights],
        f"Which weights matter: {found.study}",
        f"{found.method} of {source.n_trials} trials of {source.study} ({source.sampler}{doubt}); {found.spread}",
    )


def of_analysis(
    session: Session, store: Store, answers: Answers, study: str, name: str, method: Method
) -> Picture | Pending:
    """What an analysis has found as a picture; of a design, the importances that it tells, by a method.

    Raises:
        StudyNotFoundError: If there is no study of this name.
        AnalysisNotFoundError: If it has no such analysis.
        TooFewTrialsError: If it is a design with too few trials yet.
    """
    found = report(session, store, study, name)
    if found.kind == "design":
        session.close()  # it may be waited for, and no connection be kept meanwhile
        return of_importances(store, answers, name, method, "all")
    return findings.picture_of(found)


def of_goals(compared: Sequence[BestGoal]) -> Picture:
    """The best goals of several studies side by side.

    Raises:
        InvalidFieldError: If they have too many layers in all to be seen.
    """
    n_columns = sum(len(goals.told_apart(goal.goals)) for goal in compared)
    if n_columns > MOST_COLUMNS:
        raise InvalidFieldError(
            "study",
            f"these have {n_columns} goals in all layers, more than the {MOST_COLUMNS} of a picture; name fewer",
        )
    columns = {f"{goal.name}, trial {goal.trial}": goal.goals for goal in compared}
    return goals.side_by_side(columns, "Best goals side by side")
