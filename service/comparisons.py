"""Several studies side by side: how alike their best goals are, and which weights matter in each."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import spearmanr
from sqlalchemy.orm import Session

from model.goal import Goals
from service import best, studies
from service.analyses.report import Report
from service.analyses.reporting import reports
from service.errors import InvalidFieldError, NoDesignError, NothingToExplainError, TooFewTrialsError
from service.importances.answers import Answers
from service.importances.report import Pending, of_study
from service.spec import StudySpec
from service.storage.store import Store
from service.storage.tables import StudyState
from service.weights import named, weight_names

RankedBy = Literal["zeroing", "mdi", "fanova", "ped_anova"]
"""What tells which weights matter: an individual zeroing of all weights, or importances."""

Matrix = list[list[float | None]]


@dataclass(frozen=True)
class BestGoal:
    """The best goal of one of the studies.

    Attributes:
        name: Of the study.
        trial: Number of the trial whose goal it is.
        chosen: Why that: `by_mean` or `single_trial`, as `GET …/best` says.
        goals: Of each hidden layer.
        weights: The same by name.
    """

    name: str
    trial: int
    chosen: str
    goals: Goals
    weights: dict[str, float]


@dataclass(frozen=True)
class Importance:
    """What matters in one of the studies.

    Attributes:
        of_weights: By name; None for a weight whose zeroing failed, which is more than any number. None if nothing is
            known.
        source: Name of the analysis that tells it.
        notes: What is missing, and what to beware of.
    """

    of_weights: dict[str, float | None] | None
    source: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Studies side by side.

    Attributes:
        goals: The best of each study, in the order that was asked for.
        importances: Of each study.
        cosine_similarity: Of the best goals of each two, from −1 to 1; None where one is zero.
        rank_agreement: Spearman's rank correlation of the importances of each two; None where it is not defined.
        ranked_by: What tells the importances.
    """

    goals: Sequence[BestGoal]
    importances: Sequence[Importance]
    cosine_similarity: Matrix
    rank_agreement: Matrix
    ranked_by: RankedBy


def compare(
    session: Session, store: Store, answers: Answers, names: Sequence[str], ranked_by: RankedBy
) -> Comparison | Pending:
    """Compare studies; or what is still calculated for it. Raises as `best_goals` does."""
    goals = best_goals(session, store, names)
    importances = []
    for goal in goals:
        found = _importance(session, store, answers, goal, ranked_by)
        if isinstance(found, Pending):
            return found
        importances.append(found)
    return Comparison(
        goals,
        importances,
        _matrix([list(goal.weights.values()) for goal in goals], _cosine),
        _matrix(_of_common_weights(list(goals[0].weights), importances), _rank_correlation),
        ranked_by,
    )


def best_goals(session: Session, store: Store, names: Sequence[str]) -> list[BestGoal]:
    """The best goals of some studies.

    Raises:
        StudyNotFoundError: If there is no study of one of the names.
        TrialNotFoundError: If one has no complete trial.
        InvalidFieldError: If their goals cannot be compared: they have other weights, or none.
    """
    specs = [studies.get(session, name).spec for name in names]
    _check_alike(specs)
    found = []
    for spec in specs:
        chosen = best.find(store, spec, reports(session, store, spec.name, "confirmation")).chosen
        goals = chosen.trial.goals or ()
        why = "by_mean" if isinstance(chosen, best.ByMean) else "single_trial"
        found.append(BestGoal(spec.name, chosen.trial.number, why, goals, named(goals, _names(spec))))
    return found


def _names(spec: StudySpec) -> tuple[str, ...]:
    return weight_names(spec.network, goal_per_layer=spec.goal_per_layer)


def _check_alike(specs: Sequence[StudySpec]) -> None:
    first = specs[0]
    for spec in specs:
        if not _names(spec):
            raise InvalidFieldError("study", f"the hidden layers of {spec.name!r} have no goals to compare")
        if _names(spec) != _names(first):
            raise InvalidFieldError(
                "study",
                f"the goals of {spec.name!r} have other weights than those of {first.name!r}; expected the same",
            )


def _importance(
    session: Session, store: Store, answers: Answers, goal: BestGoal, ranked_by: RankedBy
) -> Importance | Pending:
    if ranked_by == "zeroing":
        return _by_zeroing(session, store, goal)
    name = goal.name
    try:
        found = of_study(store, answers, name, ranked_by, "design")
    except (NoDesignError, TooFewTrialsError, NothingToExplainError) as error:
        return Importance(None, notes=(f"{name}: {error}",))
    if isinstance(found, Pending):
        return found
    shares: dict[str, float | None] = {weight.name: weight.importance for weight in found.weights}
    return Importance(shares, found.source.study, tuple(f"{name}: {warning}" for warning in found.warnings))


def _by_zeroing(session: Session, store: Store, goal: BestGoal) -> Importance:
    """By what setting each weight of the best goal alone to zero costs: where most seeds say so, and last of equals."""
    complete = [
        report
        for report in reports(session, store, goal.name, "zeroing")
        if report.state is StudyState.COMPLETED
        and {finding.variant.weight: finding.variant.before for finding in report.findings} == goal.weights
    ]
    if not complete:
        return Importance(None, notes=(f"{goal.name}: no zeroing of all weights of its best goal has completed",))
    report = max(complete, key=lambda report: report.seeds)  # the first of equals, which is the newest
    return Importance(dict(_costs(report)), report.name)


def _costs(report: Report) -> Iterator[tuple[str, float | None]]:
    for finding in report.findings:
        variant, change = finding.variant, finding.change
        if variant.weight is not None:
            cost = None if change is None else -change.mean
            yield variant.weight, 0.0 if variant.before == 0 else cost


def _of_common_weights(names: Sequence[str], importances: Sequence[Importance]) -> list[list[float] | None]:
    """The importances, where they are known, of those weights that all have: fixed ones have none in a design."""
    known = [found.of_weights for found in importances if found.of_weights is not None]
    common = [name for name in names if all(name in of_weights for of_weights in known)]

    def in_order(of_weights: dict[str, float | None]) -> list[float]:
        return [math.inf if (importance := of_weights[name]) is None else importance for name in common]

    return [None if found.of_weights is None else in_order(found.of_weights) for found in importances]


def _matrix(rows: Sequence[list[float] | None], agreement: Callable[[list[float], list[float]], float]) -> Matrix:
    def of(one: list[float] | None, other: list[float] | None) -> float | None:
        found = math.nan if one is None or other is None else agreement(one, other)
        return found if math.isfinite(found) else None

    cells = itertools.product(rows, repeat=2)
    return [[of(*next(cells)) for _ in rows] for _ in rows]


def _cosine(one: list[float], other: list[float]) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.dot(one, other)) / lengths if lengths else math.nan


def _rank_correlation(one: list[float], other: list[float]) -> float:
    if len(set(one)) < 2 or len(set(other)) < 2:
        return math.nan  # of equals there are no ranks
    return float(spearmanr(one, other).statistic)
