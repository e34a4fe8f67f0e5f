"""A study's trials as its users read them: with whole goals, attempts and reasons."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from optuna.trial import FrozenTrial, TrialState

from model.goal import Goals
from service.errors import StudyNotFoundError, TrialNotFoundError
from service.search import space
from service.search.trials import DEVIATION, LEFT_OUT, ORIGIN, REASON, REPEATS, attempt_of
from service.spec import StudySpec
from service.storage.store import Store


@dataclass(frozen=True)
class TrialView:
    """A trial.

    Attributes:
        goals: The goal of each hidden layer; None while the sampler has not suggested all of it, or if it is none.
        validation_accuracies: Validation accuracy by epoch.
        origin: Number of the first attempt.
        repeats: Validation accuracy of each network of a complete trial that trained several; `value` is their mean.
        standard_deviation: Of `repeats`, as of a sample.
        left_out: Which artifacts of its run are not kept, and why.
    """

    number: int
    state: TrialState
    value: float | None
    goals: Goals | None
    validation_accuracies: dict[int, float]
    attempt: int
    origin: int
    reason: str | None
    repeats: tuple[float, ...]
    standard_deviation: float | None
    left_out: str | None
    started_at: datetime | None
    ended_at: datetime | None


def view(spec: StudySpec, trial: FrozenTrial) -> TrialView:
    """What a trial of Optuna's says to a user of ours."""
    return TrialView(
        number=trial.number,
        state=trial.state,
        value=trial.value if is_whole(trial) else None,
        goals=_goals(spec, trial),
        validation_accuracies=dict(sorted(trial.intermediate_values.items())),
        attempt=attempt_of(trial),
        origin=trial.user_attrs.get(ORIGIN, trial.number),
        reason=trial.user_attrs.get(REASON),
        repeats=tuple(trial.user_attrs.get(REPEATS, ())),
        standard_deviation=trial.user_attrs.get(DEVIATION),
        left_out=trial.user_attrs.get(LEFT_OUT),
        started_at=_aware(trial.datetime_start),
        ended_at=_aware(trial.datetime_complete),
    )


def _goals(spec: StudySpec, trial: FrozenTrial) -> Goals | None:
    try:
        return space.goals(spec, {**trial.system_attrs.get("fixed_params", {}), **trial.params})
    except (KeyError, TypeError, ValueError):
        return None  # not all suggested yet, or queued in Optuna with what no goal can have


def _aware(moment: datetime | None) -> datetime | None:
    # Optuna writes the local time of whoever writes, without saying so.
    return None if moment is None else moment.astimezone(UTC)


def page(
    store: Store, spec: StudySpec, offset: int, limit: int, state: TrialState | None = None
) -> tuple[list[TrialView], int]:
    """Some trials in the order of their numbers, and how many there are."""
    matching = all_trials(store, spec.name, None if state is None else (state,))
    return [view(spec, trial) for trial in matching[offset : offset + limit]], len(matching)


def get(store: Store, spec: StudySpec, number: int) -> TrialView:
    """One trial.

    Raises:
        TrialNotFoundError: If there is none of this number.
    """
    study = _number_in_optuna(store, spec.name)
    try:
        trial = store.trials.get_trial(store.trials.get_trial_id_from_study_id_trial_number(study, number))
    except KeyError as error:
        there = store.trials.get_n_trials(study)
        raise TrialNotFoundError(f"study {spec.name!r} has {there} trials; there is no trial {number}") from error
    return view(spec, trial)


def top(store: Store, spec: StudySpec, how_many: int) -> list[TrialView]:
    """The best complete trials, the best first, of equals the one that was first.

    Raises:
        TrialNotFoundError: If none is complete.
    """
    found = [view(spec, trial) for trial in itertools.islice(ranked(spec, complete(store, spec.name)), how_many)]
    if not found:
        raise TrialNotFoundError(f"study {spec.name!r} has no complete trial yet")
    return found


def value_of(trial: FrozenTrial) -> float:
    """The validation accuracy of a complete trial."""
    return trial.value or 0.0


def ranked(
    spec: StudySpec, trials: Sequence[FrozenTrial], accuracy: Callable[[FrozenTrial], float] = value_of
) -> Iterator[FrozenTrial]:
    """Complete trials by an accuracy, the best first, of equals the one that was first.

    One without a whole goal, which only a notebook can have told, is left out.
    """
    in_order = sorted(trials, key=accuracy, reverse=True)
    return (trial for trial in in_order if _goals(spec, trial) is not None)


def complete(store: Store, name: str) -> Sequence[FrozenTrial]:
    """A study's complete trials as Optuna has them, in the order of their numbers.

    One whose value is not finite, which only a notebook can have told, is left out.

    Raises:
        StudyNotFoundError: If they have been deleted.
    """
    return [trial for trial in all_trials(store, name, (TrialState.COMPLETE,)) if is_whole(trial)]


def is_whole(trial: FrozenTrial) -> bool:
    """Whether a trial is complete, with a value that is a number."""
    return trial.state is TrialState.COMPLETE and trial.value is not None and math.isfinite(trial.value)


@dataclass(frozen=True)
class Overview:
    """A study's trials at one moment.

    Attributes:
        study_number: The study's number in Optuna.
        tally: How many trials are in each state, retried attempts included.
        best_value: The highest validation accuracy; None if no trial is complete.
    """

    study_number: int
    tally: dict[str, int]
    best_value: float | None


def overview(store: Store, spec: StudySpec) -> Overview:
    """All of a study's trials, read once.

    Raises:
        StudyNotFoundError: If they have been deleted.
    """
    number, trials = study_and_trials(store, spec.name)
    states = Counter(trial.state for trial in trials)
    whole = [trial for trial in trials if is_whole(trial)]
    best = next(ranked(spec, whole), None)
    return Overview(
        study_number=number,
        tally={state.name.lower(): states[state] for state in TrialState},
        best_value=None if best is None else best.value,
    )


def all_trials(store: Store, name: str, states: tuple[TrialState, ...] | None = None) -> Sequence[FrozenTrial]:
    """A study's trials as Optuna has them, in the order of their numbers, all or those in some states.

    Raises:
        StudyNotFoundError: If they have been deleted.
    """
    return study_and_trials(store, name, states)[1]


def study_and_trials(
    store: Store, name: str, states: tuple[TrialState, ...] | None = None
) -> tuple[int, Sequence[FrozenTrial]]:
    """A study's number in Optuna, and its trials as `all_trials` has them.

    Raises:
        StudyNotFoundError: If they have been deleted.
    """
    number = _number_in_optuna(store, name)
    try:
        return number, store.trials.get_all_trials(number, deepcopy=False, states=states)
    except KeyError as error:
        raise StudyNotFoundError(f"the trials of study {name!r} have been deleted") from error


def _number_in_optuna(store: Store, name: str) -> int:
    try:
        return store.trials.get_study_id_from_name(name)
    except KeyError as error:
        raise StudyNotFoundError(f"the trials of study {name!r} have been deleted") from error
