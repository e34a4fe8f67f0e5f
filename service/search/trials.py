"""What happens to an Optuna trial besides sampling: asked for, finished, failed, put back into the queue.

Everything after `ask` may be repeated: each step looks whether it was done before, so that one cut short by a crash
can be done again by anyone.
"""

from contextlib import suppress
from dataclasses import dataclass

from optuna import Study, Trial
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from model.goal import Goal
from service.errors import NotAGoalError
from service.search.sampler import TrialSeededSampler
from service.search.space import goal
from service.spec import Range, StudySpec

REASON = "reason"
"""User attribute of a failed trial: why."""
ATTEMPT = "attempt"
"""User attribute of a retried trial: 2 for the second attempt."""
RETRY_OF = "retry_of"
"""User attribute of a retried trial: number of the attempt before it."""
ORIGIN = "origin"
"""User attribute of a retried trial: number of its first attempt, which keys the network's seed."""
DISCARDED = "discarded: "
"""How the reason of a trial begins that is none of the study's runs."""
LEASE = "lease"
"""User attribute of a trial that a worker made: the token of its lease, there from the same moment as the trial."""


@dataclass(frozen=True)
class AskedTrial:
    """A trial to train.

    Attributes:
        trial: Optuna's handle, for reports.
        goal: The goal vector to train with.
        origin: Number of the first attempt; its own number unless it is a retry.
    """

    trial: Trial
    goal: Goal
    origin: int


def create(study: Study, token: int) -> int:
    """Make a running trial that says under which lease; its number.

    Raises:
        KeyError: If the study has been deleted.
    """
    template = create_trial(state=TrialState.RUNNING, user_attrs={LEASE: token})
    trial_id = study._storage.create_new_trial(study._study_id, template)
    return study._storage.get_trial(trial_id).number


def begin(study: Study, number: int) -> bool:
    """Set a waiting trial running; False if it is waiting no more."""
    try:
        return study._storage.set_trial_state_values(find(study, number)._trial_id, TrialState.RUNNING)
    except UpdateFinishedTrialError:
        return False


def suggest(study: Study, spec: StudySpec, number: int) -> AskedTrial:
    """The goal of a running trial: its parameters unchanged where it has some, the rest from the sampler.

    Raises:
        NotAGoalError: If it was queued with parameters that no goal can have.
        KeyError: If the study has been deleted.
    """
    study.sampler = TrialSeededSampler(spec)
    found = find(study, number)
    trial = Trial(study, found._trial_id)
    queued = found.system_attrs.get("fixed_params", {})
    searched = {term: bounds for term, bounds in spec.search_space.items() if isinstance(bounds, Range)}
    try:
        Goal.parse({term: queued[term] for term in searched if term in queued})
    except ValueError as error:
        raise NotAGoalError(str(error)) from error
    weights = {term: trial.suggest_float(term, bounds.low, bounds.high) for term, bounds in searched.items()}
    return AskedTrial(trial, goal(spec, weights), trial.user_attrs.get(ORIGIN, number))


def is_queued_twice(study: Study, number: int) -> bool:
    """Whether a waiting retry is queued before this one too: who queued it may have lost the database's answer."""
    trials = study.get_trials(deepcopy=False)
    retry_of = trials[number].user_attrs.get(RETRY_OF)
    return retry_of is not None and any(trial.user_attrs.get(RETRY_OF) == retry_of for trial in trials[:number])


def complete(study: Study, number: int, value: float) -> None:
    """Tell a trial's value."""
    study.tell(number, value, state=TrialState.COMPLETE, skip_if_finished=True)


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


def requeue(study: Study, number: int, attempt: int) -> None:
    """Queue a failed trial's parameters as another attempt, unless they have been."""
    trials = study.get_trials(deepcopy=False)
    if any(trial.user_attrs.get(RETRY_OF) == number for trial in trials):
        return
    failed = trials[number]
    origin = failed.user_attrs.get(ORIGIN, number)
    # A worker may have died before all of its parameters were suggested.
    params = {**failed.system_attrs.get("fixed_params", {}), **failed.params}
    study.enqueue_trial(params, user_attrs={ATTEMPT: attempt, RETRY_OF: number, ORIGIN: origin})


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
    trials = study.get_trials(deepcopy=False)
    if not 0 <= number < len(trials):
        raise KeyError(number)
    return trials[number]
