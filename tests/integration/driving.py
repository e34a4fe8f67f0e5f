"""Going through a study run by run, as workers do, without training anything."""

import threading

from optuna.trial import TrialState
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from model.goal import TERMS
from service import creation, studies
from service.runs import finish, start
from service.search.trials import DISCARDED, REASON, RETRY_OF
from service.spec import StudySpec
from service.storage.claiming import candidates, claim
from service.storage.leases import Outcome, Verdict
from service.storage.tables import Lease, LeaseState, Study

SEARCHED = ("{F}{C}", "{FCL}", "H_res")
"""Few, because Optuna writes a transaction for every searched term."""

SPACE = {term: {"low": -1, "high": 1} if term in SEARCHED else 0.0 for term in TERMS}

RELEASED = Outcome(Verdict.RELEASED, reason="its worker was shut down")

LONG = 600.0
"""Seconds of a lease that does not run out in a test."""


def make(store, data_dir, name="study", **changes):
    document = {"name": name, "n_trials": 3, "search_space": SPACE, "sampler": {"type": "tpe", "n_startup_trials": 2}}
    spec = StudySpec.model_validate({**document, **changes})
    with Session(store.engine) as session, session.begin():
        creation.create(session, store, spec, data_dir)
    return spec


def act(store, action, name="study"):
    with Session(store.engine) as session, session.begin():
        return studies.change(session, name, action)


def look(store, name="study"):
    with Session(store.engine) as session:
        return studies.get(session, name)


def delete(store, name="study"):
    with Session(store.engine) as session:
        studies.delete(session, store, name)


def take(store, worker="worker", lease_seconds=LONG):
    """A run, which there must be."""
    run = take_if_any(store, worker, lease_seconds)
    assert run is not None, "nothing to do"
    return run


def take_if_any(store, worker="worker", lease_seconds=LONG):
    runs = take_many(store, 1, worker, lease_seconds)
    return runs[0] if runs else None


def take_many(store, how_many, worker="worker", lease_seconds=LONG):
    return start(store, worker, lease_seconds, lambda _spec, _left: how_many)


def claim_without_asking(engine, worker="worker", lease_seconds=LONG):
    """A claim, as a worker has that has come no further; None if there is nothing to claim."""
    for candidate in candidates(engine):
        if claims := claim(engine, candidate.study_id, 1, worker, lease_seconds):
            return claims[0]
    return None


def complete(store, run, value=0.5):
    finish(store, run, Outcome(Verdict.COMPLETE, value))


def fail(store, run, reason="it diverged"):
    finish(store, run, Outcome(Verdict.FAIL, reason=reason))


def run_out(store, *tokens):
    """Let these leases have run out a moment ago."""
    with Session(store.engine) as session, session.begin():
        past = text("now() - interval '1 millisecond'")
        session.execute(update(Lease).where(Lease.id.in_(tokens)).values(expires_at=past))


def leases_of(store):
    with Session(store.engine) as session:
        return list(session.scalars(select(Lease).order_by(Lease.id)))


def optuna_trials(store, name="study"):
    return store.optuna_study(name).get_trials(deepcopy=False)


def numbers(store, *states, name="study"):
    return [trial.number for trial in optuna_trials(store, name) if trial.state in states]


def assert_consistent(store, spec):
    """What must hold of an ended study that nobody stopped."""
    trials = optuna_trials(store, spec.name)
    retried = [trial.user_attrs[RETRY_OF] for trial in trials if RETRY_OF in trial.user_attrs]
    assert len(retried) == len(set(retried)), f"retried twice: {retried}"
    complete = [trial.number for trial in trials if trial.state in {TrialState.COMPLETE, TrialState.PRUNED}]
    failed = [
        t.number
        for t in trials
        if t.state is TrialState.FAIL and t.number not in retried and not t.user_attrs[REASON].startswith(DISCARDED)
    ]
    assert len(complete) + len(failed) == spec.n_trials, (complete, failed)
    assert not [trial.number for trial in trials if trial.state is TrialState.RUNNING], "running without a lease"
    with Session(store.engine) as session:
        study = session.scalars(select(Study).where(Study.name == spec.name)).one()
        of_study = session.scalars(select(Lease).where(Lease.study_id == study.id)).all()
    told = sorted(lease.trial_number for lease in of_study if lease.state == LeaseState.TOLD)
    assert told == sorted(complete + failed)
    assert {lease.state for lease in of_study} <= {LeaseState.TOLD, LeaseState.REQUEUED}


def in_threads(*actions):
    """Run all at once; raise what any raises."""
    errors = []

    def catch(action):
        try:
            action()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=catch, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a thread did not end"
    if errors:
        raise errors[0]
