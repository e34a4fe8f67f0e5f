import threading
import time
from contextlib import closing

import pytest
from optuna.trial import TrialState
from pydantic import SecretStr
from sqlalchemy import text

from model.population import Population
from service import runs
from service.settling import reap
from service.storage.artifacts import Artifact
from service.storage.embedded.server import EmbeddedPostgres
from service.storage.leases import Outcome, Verdict, expire
from service.storage.schema import migrate
from service.storage.store import Store
from tests.integration.rounds import ENDLESS, InBackground, all_trials, make_study
from tests.patience import eventually
from tests.ports import port_of
from worker.reporter import Reporter
from worker.worker import Worker

EXPIRE = "UPDATE infomorphic.leases SET expires_at = now() - interval '1 s'"


@pytest.fixture
def quick(settings):
    """Settings of a worker that hears soon that its lease is lost, and does not wait when there is nothing to do."""
    return settings.model_copy(update={"poll_seconds": 0.05, "lease_seconds": 2.0})


def execute(store, statement, **values):
    with store.engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return result.all() if result.returns_rows else []


def leases(store):
    return execute(store, "SELECT state, outcome->>'verdict' FROM infomorphic.leases ORDER BY id")


def test_a_lost_lease_ends_the_training_and_the_retry_completes_with_the_same_goal(quick, store):
    spec = make_study(store, training=ENDLESS)
    running = InBackground(Worker(quick, "slow/1"))
    running.await_epoch(store, spec)
    # Again and again, since a worker that is in time renews what nobody has taken back yet.
    eventually(lambda: execute(store, EXPIRE) or expire(store.engine))
    execute(store, "UPDATE infomorphic.studies SET spec = jsonb_set(spec, '{training,epochs}', '2')")

    Worker(quick, "other/1").work()

    running.join()
    lost, retried = all_trials(store, spec)
    assert lost.state is TrialState.FAIL
    assert "slow/1 was not heard from in time (attempt 1 of 3)" in lost.reason
    assert (retried.state, retried.attempt, retried.origin) == (TrialState.COMPLETE, 2, 0)
    assert retried.goals == lost.goals
    assert leases(store) == [("requeued", "retry"), ("told", "complete")]


def test_a_result_under_a_lost_lease_is_refused(quick, store):
    """The lease is lost so late that the training ends before it hears of it."""
    spec = make_study(store)
    worker = Worker(quick, "slow/1")
    finish = runs.finish

    def lose_and_finish(*arguments):
        execute(store, "UPDATE infomorphic.leases SET state = 'decided', outcome = '{\"verdict\": \"retry\"}'")
        finish(*arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "finish", lose_and_finish)
        worker.work()
    worker.work()

    refused, retried = all_trials(store, spec)
    assert (refused.state, refused.value) == (TrialState.FAIL, None)
    assert retried.state is TrialState.COMPLETE
    assert retried.goals == refused.goals


@pytest.mark.parametrize("ends_while_away", [True, False])
def test_a_database_away_for_longer_than_a_lease_costs_no_epoch_and_no_trial(
    settings, directory, monkeypatch, ends_while_away
):
    epochs, lease_seconds, goes_on = 10, 1.0, threading.Event()
    learn = Population.learn

    def learn_until_the_database_is_away(population, images, labels):
        if population._step == 20:  # of 5 in an epoch
            goes_on.wait()
        learn(population, images, labels)

    monkeypatch.setattr(Population, "learn", learn_until_the_database_is_away)
    changes = {"poll_seconds": 0.2, "lease_seconds": lease_seconds}
    with EmbeddedPostgres(directory, settings={"fsync": "off"}) as server:
        url = server.url
        migrate(url)
        with closing(Store.open(url)) as store:
            spec = make_study(store, training={"epochs": epochs, "batch_size": 256})
            away = settings.model_copy(update={"database_url": SecretStr(url), **changes})
            running = InBackground(Worker(away, "patient/1"))
            running.await_epoch(store, spec)
    in_mid_training = running.alive
    time.sleep(1.5 * lease_seconds)
    if ends_while_away:
        goes_on.set()
    with (
        EmbeddedPostgres(directory, port=port_of(url), settings={"fsync": "off"}),
        closing(Store.open(url)) as store,
    ):
        reap(store)  # as another worker does, at once
        goes_on.set()
        running.join()
        (trial,) = all_trials(store, spec)
        held = leases(store)

    assert in_mid_training
    assert trial.state is TrialState.COMPLETE
    assert list(trial.validation_accuracies) == list(range(1, epochs + 1))
    assert held == [("told", "complete")]


def test_a_worker_without_a_database_waits_and_trains_once_there_is_one(settings, directory):
    with EmbeddedPostgres(directory, settings={"fsync": "off"}) as server:
        url = server.url
        migrate(url)
        with closing(Store.open(url)) as store:
            spec = make_study(store)
    changes = {"database_url": SecretStr(url), "poll_seconds": 0.05}
    worker = Worker(settings.model_copy(update=changes), "patient/1")
    before = worker.work()
    with (
        EmbeddedPostgres(directory, port=port_of(url), settings={"fsync": "off"}),
        closing(Store.open(url)) as store,
    ):
        after = worker.work()
        (trial,) = all_trials(store, spec)

    assert (before, after) == (False, True)
    assert trial.state is TrialState.COMPLETE


def test_leases_are_renewed_while_artifacts_take_longer_than_a_lease(store):
    make_study(store, n_trials=2)
    ended, going_on = runs.start(store, "slow/1", 3, lambda *_: 2)
    body = "BEGIN PERFORM pg_sleep(5); RETURN NEW; END"
    execute(store, f"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS '{body}'")
    execute(store, "CREATE TRIGGER slow BEFORE INSERT ON infomorphic.artifacts FOR EACH ROW EXECUTE FUNCTION slow()")
    outcome = Outcome(Verdict.COMPLETE, 0.5, artifacts=(Artifact("a.csv", "text/csv", b""),))

    with Reporter(store, [ended, going_on], lease_seconds=3) as reporter:
        reporter.end(ended, outcome)
        eventually(lambda: leases(store)[0][0] == "told", every=0.2)
        in_time = execute(store, "SELECT expires_at > now() FROM infomorphic.leases WHERE state = 'held'")
        lost = reporter.is_lost(ended), reporter.is_lost(going_on)

    assert (in_time, lost) == ([(True,)], (False, False))


def test_the_lease_is_renewed_while_an_epoch_takes_longer_than_the_lease(store):
    """Nothing is reported between the start and the end, as in one long epoch."""
    make_study(store)
    (run,) = runs.start(store, "slow/1", 1.5, lambda *_: 1)
    ((first,),) = execute(store, "SELECT expires_at FROM infomorphic.leases")

    with Reporter(store, [run], lease_seconds=1.5) as reporter:
        renewed_past_it = "SELECT expires_at > :first + interval '3 s' FROM infomorphic.leases"
        eventually(lambda: execute(store, renewed_past_it, first=first) == [(True,)])
        lost = reporter.is_lost(run)

    assert not lost
