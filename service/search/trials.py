"""What happens to an Optuna trial besides sampling: asked for, finished, failed, put back into the queue.

Everything after `ask` may be repeated: each step looks whether it was done before, so that one cut short by a crash
can be done again by anyone.
"""

import statistics
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from optuna import Study, Trial
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy.orm import Session

from model.goal import Goals
from service.search.generations import what_generations_need
from service.search.pruner import build_pruner
from service.search.sampler import sampler_of
from service.search.space import check_weights, distributions, goals, parameters
from service.spec import StudySpec
from service.storage.optuna_tables import write_parameters

REASON = "reason"
"""User attribute of a failed or pruned trial: why."""
ATTEMPT = "attempt"
"""User attribute of a retried trial: 2 for the second attempt."""
RETRY_OF = "retry_of"
"""User attribute of a retried trial: number of the attempt before it."""
ORIGIN = "origin"
"""User attribute of a retried trial: number of its first attempt, which keys the network's seed."""
REPEATS = "repeats"
"""User attribute of a trial that trained several networks: the validation accuracy of each."""
DEVIATION = "standard_deviation"
"""User attribute of a trial that trained several networks: the sample standard deviation of their accuracies."""
LEFT_OUT = "left_out"
"""User attribute of a trial whose run left artifacts that are not kept: which, and why."""
DISCARDED = "discarded: "
"""How the reason of a trial begins that is none of the study's runs."""
DIVERGED = "diverged: "
"""How the reason of a trial begins one of whose networks diverged, as it would again."""
STUDY_STOPPED = "the study was stopped"
"""How the reason of a trial begins that failed for nothing else."""
INITIAL_GOAL = "initial_goal"
"""User attribute of a trial that was enqueued at the beginning: which of the study's initial goals it has, from 0."""
LEASE = "lease"
"""User attribute of a trial that a worker made: the token of its lease, there from the same moment as the trial."""


@dataclass(frozen=True)
class AskedTrial:
    """A trial to train.

    Attributes:
        trial: Optuna's handle, for reports.
        goals: The goal of each hidden layer to train with.
        origin: Number of the first attempt; its own number unless it is a retry.
    """

    trial: Trial
    goals: Goals
    origin: int


def create(study: Study, token: int) -> int:
    """Make a running trial that says under which lease; its number.

    Raises:
        KeyError: If the study has been deleted.
    """
    template = create_trial(state=TrialState.RUNNING, user_attrs={LEASE: token})
    trial_id = study._storage.create_new_trial(study._study_id, template)
    return study._storage.get_trial(trial_id).number


def enqueue_missing(study: Study, spec: StudySpec) -> None:
    """Enqueue the initial goals, but for those that are enqueued: who did it before may not have come to the end."""
    there = {trial.user_attrs.get(INITIAL_GOAL) for trial in study.get_trials(deepcopy=False)}
    for position, goal in enumerate(spec.goals_to_try_first):
        if position not in there:
            study.enqueue_trial(parameters(spec, goal), user_attrs={INITIAL_GOAL: position})


def begin(study: Study, number: int) -> bool:
    """Set a waiting trial running; False if it is waiting no more."""
    try:
        return study._storage.set_trial_state_values(find(study, number)._trial_id, TrialState.RUNNING)
    except UpdateFinishedTrialError:
        return False


def suggest(session: Session, study: Study, spec: StudySpec, number: int) -> AskedTrial:
    """The goals of a running trial: its parameters unchanged where it has some, the rest from the sampler.

    Raises:
        NotAGoalError: If it was queued with parameters that no goal can have.
        UpdateFinishedTrialError: If it runs no more.
        KeyError: If the study has been deleted.
    """
    study.sampler = sampler_of(spec)
    found = find(study, number)
    trial = Trial(study, found._trial_id)
    queued = {**found.system_attrs.get("fixed_params", {}), **found.params}
    searched = distributions(spec)
    weights = {name: queued[name] for name in searched if name in queued}
    check_weights(weights)
    if weights.keys() != searched.keys():
        weights = {**trial.relative_params, **weights}
    for name in [name for name in searched if name not in weights]:  # in their order: the seed decides which gets what
        weights[name] = study.sampler.sample_independent(study, found, name, searched[name])
    weights = {name: float(weights[name]) for name in searched}
    # Optuna's own suggest_float writes each in a transaction, which would be most of what a trial costs.
    new = {name: (weights[name], searched[name]) for name in searched if name not in found.params}
    write_parameters(session, found._trial_id, new)
    study.pruner = build_pruner(spec)  # only now: with Hyperband's, the sampler would see the trials of one bracket
    return AskedTrial(trial, goals(spec, weights), trial.user_attrs.get(ORIGIN, number))


def is_queued_twice(study: Study, number: int) -> bool:
    """Whether a waiting retry is queued before this one too: who queued it may have lost the database's answer."""
    retry_of = find(study, number).user_attrs.get(RETRY_OF)
    if retry_of is None:
        return False
    before = study.get_trials(deepcopy=False)[:number]
    return any(trial.user_attrs.get(RETRY_OF) == retry_of for trial in before)


def note_left_out(study: Study, number: int, left_out: str) -> None:
    """Say which artifacts of a trial are not kept, and why, unless it has ended."""
    with suppress(UpdateFinishedTrialError):
        study._storage.set_trial_user_attr(find(study, number)._trial_id, LEFT_OUT, left_out)


def complete(study: Study, number: int, value: float, repeats: Sequence[float] = ()) -> None:
    """Tell a trial's value, and beside it what it is the mean of."""
    if len(repeats) > 1:
        with suppress(UpdateFinishedTrialError):
            trial_id = find(study, number)._trial_id
            study._storage.set_trial_user_attr(trial_id, REPEATS, list(repeats))
            study._storage.set_trial_user_attr(trial_id, DEVIATION, statistics.stdev(repeats))
    study.tell(number, value, state=TrialState.COMPLETE, skip_if_finished=True)


def prune(study: Study, number: int, reason: str) -> None:
    """Tell that a trial was ended early; Optuna takes the value of its last epoch for it."""
    with suppress(UpdateFinishedTrialError):
        study._storage.set_trial_user_attr(find(study, number)._trial_id, REASON, reason)
    study.tell(number, state=TrialState.PRUNED, skip_if_finished=True)


def fail(study: Study, number: int, reason: str) -> None:
    """Tell that a trial failed, and why, unless it has ended."""
    _fail(study._storage, find(study, number)._trial_id, reason)


def discard(storage: BaseStorage, trial_id: int, reason: str) -> None:
    """Fail a trial, by its number in the whole database, that is none of its study's runs and counts for nothing."""
    _fail(storage, trial_id, f"{DISCARDED}{reason}")


def _fail(storage: BaseStorage, trial_id: int, reason: str) -> None:
    # Through the storage, because Optuna hands a trial's handle only to the process that asked for it, and in one step
    # from waiting, so that none is left running by a crash.
    with suppress(UpdateFinishedTrialError):
        storage.set_trial_user_attr(trial_id, REASON, reason)
        storage.set_trial_state_values(trial_id, TrialState.FAIL)


def requeue(study: Study, number: int, attempt: int, *, in_its_place: bool = True) -> None:
    """Queue a failed trial's parameters as another attempt, unless they have been.

    Args:
        study: Optuna's half.
        number: Of the failed trial.
        attempt: Which attempt the new one is.
        in_its_place: Whether it takes the failed one's place in a generation, which nobody else has taken.
    """
    trials = study.get_trials(deepcopy=False)
    if any(trial.user_attrs.get(RETRY_OF) == number for trial in trials):
        return
    failed = trials[number]
    origin = failed.user_attrs.get(ORIGIN, number)
    # A worker may have died before all of its parameters were suggested.
    params = {**failed.system_attrs.get("fixed_params", {}), **failed.params}
    place = what_generations_need(failed) if in_its_place else {}
    retry = create_trial(
        state=TrialState.WAITING,
        system_attrs={"fixed_params": params, **place},  # as Optuna queues trials
        user_attrs={ATTEMPT: attempt, RETRY_OF: number, ORIGIN: origin},
    )
    study._storage.create_new_trial(study._study_id, retry)


def waiting(study: Study) -> list[int]:
    """Numbers of the trials that wait in the queue, in its order."""
    return [trial.number for trial in study.get_trials(deepcopy=False, states=(TrialState.WAITING,))]


def running_under_leases(study: Study) -> dict[int, int]:
    """The running trials that workers made: number and the token of the lease they were made under."""
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return {trial.number: trial.user_attrs[LEASE] for trial in running if LEASE in trial.user_attrs}


def attempt_of(trial: FrozenTrial) -> int:
    """Which attempt a trial is, from 1."""
    return int(trial.user_attrs.get(ATTEMPT, 1))


def find(study: Study, number: int) -> FrozenTrial:
    """The trial of this number, as it stands.

    Raises:
        KeyError: If there is none.
    """
    trial_id = study._storage.get_trial_id_from_study_id_trial_number(study._study_id, number)
    return study._storage.get_trial(trial_id)
