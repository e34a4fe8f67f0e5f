"""How alike studies are: the cosine of the angle of their best goals, and the rank correlation of what matters."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr
from sqlalchemy.orm import Session

from service.comparisons.best_goals import BestGoal, best_goals
from service.comparisons.importance import Importance, RankedBy, importance_of
from service.importances.answers import Answers
from service.importances.report import Pending
from service.storage.store import Store

Matrix = list[list[float | None]]


@dataclass(frozen=True)
class Comparison:
    """Studies side by side.

    Attributes:
        goals: The best of each study, in the order that was asked for.
        importances: Of each study.
        cosine_similarity: Of the best goals of each two, from −1 to 1; None where one is zero.
        rank_agreement: Spearman's rank correlation of the importances of each two; None where it is not defined.
        ranked_by: What tells the importances.
        ranked: Names of the weights that are ranked: those whose importance is known wherever any is.
    """

    goals: Sequence[BestGoal]
    importances: Sequence[Importance]
    cosine_similarity: Matrix
    rank_agreement: Matrix
    ranked_by: RankedBy
    ranked: Sequence[str]


def compare(
    session: Session, store: Store, answers: Answers, names: Sequence[str], ranked_by: RankedBy
) -> Comparison | Pending:
    """Compare studies; or what is still calculated for it. Raises as `best_goals` does."""
    goals = best_goals(session, store, names)
    if ranked_by != "zeroing":
        session.close()  # they may be waited for, and no connection be kept meanwhile
    importances = []
    for goal in goals:
        found = importance_of(session, store, answers, goal, ranked_by)
        if isinstance(found, Pending):
            return found
        importances.append(found)
    ranked = _known_to_all(list(goals[0].weights), importances)
    return Comparison(
        goals,
        importances,
        _matrix([list(goal.weights.values()) for goal in goals], _cosine),
        _matrix([_in_order(found, ranked) for found in importances], _rank_correlation),
        ranked_by,
        ranked,
    )


def _known_to_all(names: Sequence[str], importances: Sequence[Importance]) -> list[str]:
    known = [found.of_weights for found in importances if found.of_weights is not None]
    return [name for name in names if known and all(of_weights.get(name) is not None for of_weights in known)]


def _in_order(importance: Importance, names: Sequence[str]) -> list[float] | None:
    of_weights = importance.of_weights
    return None if of_weights is None else [value for name in names if (value := of_weights[name]) is not None]


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
