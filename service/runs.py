"""One run under a lease, as a worker goes through it: claim and ask, renew, finish."""

from dataclasses import dataclass

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError

from model.goal import Goal
from service.errors import LeaseLostError, NotAGoalError
from service.search import trials
from service.settling import abandon_if_deleted, settle
from service.spec import StudySpec
from service.storage import leases
from service.storage.database import says_server_is_away
from service.storage.leases import Claim, Outcome, Verdict
from service.storage.store import Store


@dataclass(frozen=True)
class Run:
    """A trial to train, and the lease it is trained under.

    Attributes:
        token: The lease's fencing token.
        spec: The study's.
        asked: The trial and its goal.
    """

    token: int
    spec: StudySpec
    asked: trials.AskedTrial

    @property
    def goal(self) -> Goal:
        """The goal vector to train with."""
        return self.asked.goal

    @property
    def seed(self) -> int:
        """The network's seed: that of the first attempt, so that a retry repeats it exactly."""
        words = np.random.SeedSequence([self.spec.seed, self.asked.origin]).generate_state(2)
        return int(words[1] >> 1)


def start(store: Store, worker: str, lease_seconds: float) -> Run | None:
    """Claim a run and ask for its trial; None when there is nothing to do, or others are claiming just now.

    Raises:
        LeaseLostError: If asking took longer than the lease, or the study was deleted meanwhile.
    """
    while (claimed := leases.claim(store.engine, worker, lease_seconds)) is not None:
        run = _ask(store, claimed)
        if run is not None:
            return run
    return None


def _ask(store: Store, claimed: Claim) -> Run | None:
    """The claimed run with its trial; None if that was queued with what no goal can have, and has failed."""
    spec = StudySpec.model_validate(claimed.spec)
    try:
        study = store.optuna_study(claimed.study_name)
        number = _take_trial(store, study, claimed)
        asked = trials.suggest(study, spec, number)
    except NotAGoalError as error:
        reason = f"it was queued with parameters that no goal can have: {error}"
        _end(store, claimed, Outcome(Verdict.FAIL, reason=reason))
        return None
    except UpdateFinishedTrialError as error:
        raise LeaseLostError(f"lease {claimed.token} ran out while its trial was asked for") from error
    except Exception as error:
        if isinstance(error, LeaseLostError) or says_server_is_away(error):
            raise
        if abandon_if_deleted(store, claimed.study_id):
            raise LeaseLostError(f"the study of lease {claimed.token} was deleted") from error
        _end(store, claimed, Outcome(Verdict.RETRY, reason=f"{type(error).__name__}: {error}"))
        raise  # for the worker to log, and to wait a moment
    return Run(claimed.token, spec, asked)


def _end(store: Store, claimed: Claim, outcome: Outcome) -> None:
    leases.decide(store.engine, claimed.token, outcome)
    settle(store, claimed.token)


def _take_trial(store: Store, study: optuna.Study, claimed: Claim) -> int:
    """The first waiting trial, or a new one; at no moment is one running without saying under which lease."""
    for number in trials.waiting(study):
        if trials.is_queued_twice(study, number):
            trials.discard(study._storage, trials.find(study, number)._trial_id, "it was queued twice")
            continue
        # Linked first: should this worker die now, its lease says which trial to put back.
        if leases.link(store.engine, claimed.token, number):
            if trials.begin(study, number):
                return number
            leases.link(store.engine, claimed.token, None)  # begun by somebody who does not use leases
    number = trials.create(study, claimed.token)
    leases.link(store.engine, claimed.token, number)
    return number


def finish(store: Store, run: Run, outcome: Outcome) -> None:
    """Commit a run's outcome, then tell Optuna.

    Raises:
        LeaseLostError: If the run was given to another worker meanwhile: the outcome is refused.
    """
    leases.decide(store.engine, run.token, outcome)
    try:
        settle(store, run.token)
    except Exception as error:
        if not says_server_is_away(error):
            raise
        # The outcome is written: whoever reaps when the server is back does the rest.
