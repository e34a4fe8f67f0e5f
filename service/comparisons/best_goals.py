"""The best goals of several studies, whose weights are the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from model.goal import Goals
from service import best, studies
from service.analyses.reporting import reports
from service.errors import InvalidFieldError
from service.spec import StudySpec
from service.storage.store import Store
from service.weights import named


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
        found.append(BestGoal(spec.name, chosen.trial.number, why, goals, named(goals, spec.weight_names)))
    return found


def _check_alike(specs: Sequence[StudySpec]) -> None:
    first = specs[0]
    for spec in specs:
        if not spec.weight_names:
            raise InvalidFieldError("study", f"the hidden layers of {spec.name!r} have no goals to compare")
        if spec.weight_names != first.weight_names:
            raise InvalidFieldError(
                "study",
                f"the goals of {spec.name!r} have other weights than those of {first.name!r}; expected the same",
            )
