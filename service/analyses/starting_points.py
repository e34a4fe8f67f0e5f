"""The goals that an analysis starts from."""

from model.goal import Goals, parse_goals
from service import trials
from service.analyses.requests import BEST, GoalChoice, words_of
from service.analyses.variants import Change, Variant, Weights
from service.errors import InvalidFieldError, NotAnalysableError, TrialNotFoundError
from service.spec import StudySpec
from service.storage.store import Store
from service.trials import TrialView
from service.weights import goals_from, named


def goals_of(spec: StudySpec, weights: Weights) -> Goals:
    """The goal of each hidden layer, from the weights by name."""
    return goals_from(weights, spec.network, spec.weight_names)


def weights_of(spec: StudySpec, goals: Goals) -> Weights:
    """The weights of a network's goals by name.

    Raises:
        ValueError: If the study has one goal for all hidden layers, but these are several.
    """
    return named(goals, spec.weight_names)


def baseline(store: Store, spec: StudySpec, choice: GoalChoice) -> Change:
    """The goal that changes are compared with.

    Raises:
        InvalidFieldError: If `choice` names no goal that networks of this study can have.
        NotAnalysableError: If it is the best one, and no trial is complete.
    """
    if choice == BEST:
        return of_trial(spec, best(store, spec, 1)[0])
    if isinstance(choice, int):
        try:
            return of_trial(spec, trials.get(store, spec, choice))
        except TrialNotFoundError as error:
            raise InvalidFieldError("goal", str(error)) from error
    try:
        goals = parse_goals(choice, spec.network.kind, spec.network.n_goals)
        return Variant(words_of(choice)), weights_of(spec, goals)
    except ValueError as error:
        raise InvalidFieldError("goal", str(error)) from error


def best(store: Store, spec: StudySpec, how_many: int) -> list[TrialView]:
    """The best trials of a study, each goal once.

    Raises:
        NotAnalysableError: If none is complete.
    """
    try:
        ranked = trials.top(store, spec, spec.n_trials)
    except TrialNotFoundError as error:
        raise NotAnalysableError(f"study {spec.name!r} has no complete trial whose goal could be analysed") from error
    of_goals = {trial.goals: trial for trial in reversed(ranked)}
    return [trial for trial in ranked if of_goals[trial.goals] is trial][:how_many]


def of_trial(spec: StudySpec, trial: TrialView) -> Change:
    """A trial's goal.

    Raises:
        InvalidFieldError: If it has none.
    """
    if trial.goals is None:
        raise InvalidFieldError("goal", f"trial {trial.number} has no whole goal")
    label = f"trial {trial.number}"
    return Variant(label, trial=trial.number, searched=trial.value), weights_of(spec, trial.goals)


def check_terms(spec: StudySpec, field: str, terms: list[str] | None) -> None:
    """Check that these are names of weights.

    Raises:
        InvalidFieldError: If one is not.
    """
    names = spec.weight_names
    if unknown := [term for term in terms or () if term not in names]:
        raise InvalidFieldError(field, f"unknown terms {unknown}; valid are {', '.join(names)}")
