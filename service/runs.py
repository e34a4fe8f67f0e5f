"""Runs under leases, as a worker goes through them: claim and ask, train as one population, finish each."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from sqlalchemy.orm import Session

from model.goal import Goals
from service.errors import LeaseLostError, NotAGoalError
from service.search import trials
from service.search.generations import room
from service.settling import abandon_if_deleted, settle
from service.spec import StudySpec
from service.storage import claiming, leases
from service.storage.claiming import Claim
from service.storage.database import says_server_is_away
from service.storage.leases import Outcome, Verdict
from service.storage.store import Store

RENEWALS_PER_LEASE = 3
"""A lease is renewed this often before it would run out, whatever is done meanwhile."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A trial to train, and the lease it is trained under.

    Attributes:
        token: The lease's fencing token.
        spec: The study's.
        asked: The trial and its goals.
    """

    token: int
    spec: StudySpec
    asked: trials.AskedTrial

    @property
    def goals(self) -> Goals:
        """The goal of each hidden layer to train with."""
        return self.asked.goals

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of each of its networks: those of the first attempt, so that a retry repeats it exactly."""
        key = [self.spec.seed, self.asked.origin]
        # A spawn key keeps what is common apart from what belongs to any trial, of this study and of others.
        sequence = (
            np.random.SeedSequence(key[:1], spawn_key=[0])
            if self.spec.common_random_numbers
            else np.random.SeedSequence(key)
        )
        words = sequence.generate_state(1 + self.spec.repeats)
        return tuple(int(word >> 1) for word in words[1:])  # the first seeds the sampler


HowMany = Callable[[StudySpec, int], int]
"""How many trials of a study to take at once, of so many that are left."""


def start(store: Store, worker: str, lease_seconds: float, how_many: HowMany) -> list[Run]:
    """Claim runs of one study and ask for their trials; none when there is nothing to do for this worker just now.

    Raises:
        LeaseLostError: If asking took longer than the leases, or the study was deleted meanwhile.
        sqlalchemy.exc.OperationalError: If the database is away.
    """
    for candidate in claiming.candidates(store.engine):
        try:
            spec = StudySpec.model_validate(candidate.spec)
            wanted = how_many(spec, candidate.left)
        except ValueError:  # of a newer version, perhaps; the other studies can be worked on
            logger.exception("the spec of study %d cannot be understood", candidate.study_id)
            continue
        limit = partial(room, study_id=candidate.study_id, spec=spec)
        while claims := claiming.claim(store.engine, candidate.study_id, wanted, worker, lease_seconds, limit):
            if runs := _ask_all(store, claims, lease_seconds):
                return runs
    return []


def _ask_all(store: Store, claims: Sequence[Claim], lease_seconds: float) -> list[Run]:
    """The claimed runs with their trials, without those that failed or were lost while they were asked for.

    Raises:
        Exception: The last one that was raised, if nothing was left.
    """
    runs: list[Run] = []
    failure: Exception | None = None
    renewed = time.monotonic()
    for position, claimed in enumerate(claims):
        try:
            if time.monotonic() - renewed > lease_seconds / RENEWALS_PER_LEASE:
                leases.renew(store.engine, [claim.token for claim in claims], lease_seconds)
                renewed = time.monotonic()
            run = _ask(store, claimed)
        except Exception as error:
            failure = error
            if says_server_is_away(error):  # what was not asked for is taken up again once its leases run out
                logger.warning("the database went away when %d of %d trials were asked for", position, len(claims))
                break
            if not isinstance(error, LeaseLostError):
                logger.exception("a trial of %s could not be asked for", claimed.study_name)
        else:
            runs += [] if run is None else [run]
    if failure is not None and not runs:
        raise failure
    return runs


def _ask(store: Store, claimed: Claim) -> Run | None:
    """The claimed run with its trial; None if that was queued with what no goal can have, and has failed."""
    spec = StudySpec.model_validate(claimed.spec)
    try:
        study = store.optuna_study(claimed.study_name)
        number = _take_trial(store, study, claimed)
        with Session(store.engine) as session, session.begin():
            asked = trials.suggest(session, study, spec, number)
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
        raise
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
    except Exception as error:  # the outcome is written: whoever reaps does the rest
        if not says_server_is_away(error):
            logger.exception("trial %d is decided, and will be settled later", run.asked.trial.number)
