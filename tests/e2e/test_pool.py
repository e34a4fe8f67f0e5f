import signal
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from optuna.trial import TrialState
from sqlalchemy.orm import Session

from service import studies, trials
from service.spec import StudySpec
from service.storage.schema import migrate
from service.storage.store import Store
from tests.e2e.commands import Running, environment
from tests.patience import eventually

SPEC = {
    "dataset": "digits",
    "network": {"hidden_neurons": 10},
    "training": {"epochs": 100, "batch_size": 256},
    "max_attempts": 10,
}


class Pool:
    """`infomorphic worker` with two workers on a database of its own, started when needed, or again."""

    def __init__(self, url: str) -> None:
        self.store = Store.open(url)
        self._env = environment(
            DATABASE_URL=url,
            INFOMORPHIC_WORKERS="2",
            INFOMORPHIC_LEASE_SECONDS="5",
            INFOMORPHIC_POLL_SECONDS="0.2",
            RAY_gcs_server_request_timeout_seconds="10",  # so long Ray's agents outlive a killed cluster, not 60 s
        )
        self.started: list[Running] = []

    def ensure(self) -> Running:
        if not self.started or not self.started[-1].running:
            self.started.append(Running("worker", env=self._env))
            eventually(lambda: len(self.started[-1].actors()) == 2, 120)
        return self.started[-1]

    def study(self, name, **changes):
        spec = StudySpec.model_validate({**SPEC, "name": name, **changes})
        with Session(self.store.engine) as session, session.begin():
            studies.create(session, self.store, spec, self.store_data)
        return spec

    def trials(self, spec):
        return trials.page(self.store, spec, 0, 1000)[0]

    def progress(self, spec):
        with Session(self.store.engine) as session:
            return studies.get(session, spec.name)

    def stop_study(self, spec):
        with Session(self.store.engine) as session, session.begin():
            studies.change(session, spec.name, "stop")

    def in_mid_trial(self, spec):
        """Once both workers have reported an epoch of a trial that they have not finished."""
        eventually(lambda: len(self.running(spec)) == 2)

    def running(self, spec):
        return [t for t in self.trials(spec) if t.state is TrialState.RUNNING and t.validation_accuracies]

    def await_completed(self, spec):
        eventually(lambda: self.progress(spec).state == "completed", 150)


@pytest.fixture(scope="module")
def pool(postgres_server, tmp_path_factory) -> Iterator[Pool]:
    name = "pool_of_workers"
    with closing(psycopg2.connect(postgres_server.url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"CREATE DATABASE {name}")
        url = f"{postgres_server.url.rpartition('/')[0]}/{name}"
        migrate(url)
        made = Pool(url)
        made.store_data = tmp_path_factory.mktemp("data")
        yield made
        for running in made.started:
            running.clear()
        made.store.close()
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def states(found):
    return sorted(trial.state.name for trial in found)


def test_ray_listens_on_this_machine_only(pool):
    family = pool.ensure().family()

    addresses = {c.laddr.ip for p in family for c in p.net_connections("inet") if c.status == "LISTEN"}

    assert addresses
    assert addresses <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_a_killed_worker_costs_no_trial_and_its_trial_is_tried_again_with_the_same_goal(pool):
    running = pool.ensure()
    spec = pool.study("killed-worker", n_trials=4)
    pool.in_mid_trial(spec)

    running.actors()[0].kill()

    pool.await_completed(spec)
    found = pool.trials(spec)
    (failed,) = [trial for trial in found if trial.state is TrialState.FAIL]
    (retried,) = [trial for trial in found if trial.attempt == 2]
    assert states(found) == ["COMPLETE"] * 4 + ["FAIL"]
    assert " died (attempt 1 of 10)" in failed.reason
    assert retried.goal == failed.goal
    assert retried.origin == failed.number
    assert retried.state is TrialState.COMPLETE


def test_a_killed_pool_leaves_no_process_and_the_next_one_finishes_its_study(pool):
    killed = pool.ensure()
    spec = pool.study("killed-pool", n_trials=4)
    pool.in_mid_trial(spec)

    killed.signal(signal.SIGKILL)

    killed.wait()
    pool.ensure()
    pool.await_completed(spec)
    found = states(pool.trials(spec))
    assert found.count("COMPLETE") == 4
    assert set(found) <= {"COMPLETE", "FAIL"}
    eventually(lambda: not killed.family())


def test_a_pool_that_is_told_to_end_gives_back_its_runs_and_leaves_nothing(pool):
    ended = pool.ensure()
    spec = pool.study("ended-pool", n_trials=2, training={"epochs": 100_000, "batch_size": 256})
    pool.in_mid_trial(spec)

    ended.signal(signal.SIGTERM)

    assert ended.wait() == 0
    eventually(lambda: not ended.family())
    found = pool.trials(spec)
    assert states(found) == ["FAIL", "FAIL", "WAITING", "WAITING"]
    assert {trial.reason for trial in found[:2]} == {"its worker was shut down"}
    assert [trial.attempt for trial in found] == [1] * 4
    assert pool.progress(spec).held == 0
    pool.stop_study(spec)
