import signal
from collections.abc import Iterator
from contextlib import closing, suppress

import psutil
import psycopg2
import pytest
from optuna.trial import TrialState
from sqlalchemy import text
from sqlalchemy.orm import Session

from service import creation, studies, trials
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
            INFOMORPHIC_LEASE_SECONDS="15",
            INFOMORPHIC_POLL_SECONDS="0.2",
        )
        self.started: list[Running] = []

    def ensure(self) -> Running:
        if not self.started or not self.started[-1].running:
            self.started.append(Running("worker", env=self._env))
        pool = self.started[-1]
        eventually(lambda: pool.process.poll() is not None or len(pool.actors()) == 2, 150)
        assert pool.running, pool.err.read_text()
        return pool

    def study(self, name, **changes):
        spec = StudySpec.model_validate({**SPEC, "name": name, **changes})
        with Session(self.store.engine) as session, session.begin():
            creation.create(session, self.store, spec, self.store_data)
        return spec

    def trials(self, spec):
        return trials.page(self.store, spec, 0, 1000)[0]

    def progress(self, spec):
        with Session(self.store.engine) as session:
            return studies.get(session, spec.name)

    def stop_study(self, spec):
        with Session(self.store.engine) as session, session.begin():
            studies.change(session, spec.name, "stop")

    def endless_study(self, name, **changes):
        """A study whose trials do not end, once both workers have reported an epoch of one."""
        spec = self.study(name, training={**SPEC["training"], "epochs": 100_000}, **changes)
        eventually(lambda: len([t for t in self.trials(spec) if t.validation_accuracies]) == 2, 150)
        return spec

    def shorten(self, spec):
        """Let the trials of a study that are still to begin end soon."""
        with self.store.engine.begin() as connection:
            shorter = (
                "UPDATE infomorphic.studies SET spec = jsonb_set(spec, '{training,epochs}', '2') WHERE name = :name"
            )
            connection.execute(text(shorter), {"name": spec.name})

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
    addresses = set()
    for process in pool.ensure().family():
        with suppress(psutil.NoSuchProcess):
            addresses |= {c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"}

    assert addresses
    assert addresses <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_a_killed_worker_costs_no_trial_and_its_trial_is_tried_again_with_the_same_goal(pool):
    running = pool.ensure()
    spec = pool.endless_study("killed-worker", n_trials=2)
    first, second = running.actors()

    first.kill()
    eventually(lambda: states(pool.trials(spec)) != ["RUNNING", "RUNNING"])
    pool.shorten(spec)
    second.kill()

    pool.await_completed(spec)
    found = pool.trials(spec)
    failed = [trial for trial in found if trial.state is TrialState.FAIL]
    complete = {trial.origin: trial for trial in found if trial.state is TrialState.COMPLETE}
    assert complete.keys() == {0, 1}
    assert len(found) == len(failed) + 2
    assert all(" died (attempt " in trial.reason for trial in failed)
    assert {trial.origin for trial in failed} == {0, 1}
    assert all(complete[trial.origin].goals == trial.goals for trial in failed)


def test_a_killed_pool_leaves_no_process_and_the_next_one_finishes_its_study(pool):
    killed = pool.ensure()
    spec = pool.endless_study("killed-pool", n_trials=4)
    ray = [
        process for process in killed.family() if "Agent" not in process.name()
    ]  # its agents take a minute to notice

    killed.signal(signal.SIGKILL)

    killed.wait()
    pool.shorten(spec)
    pool.ensure()
    pool.await_completed(spec)
    found = states(pool.trials(spec))
    assert found.count("COMPLETE") == 4
    assert set(found) == {"COMPLETE", "FAIL"}
    eventually(lambda: not [process for process in ray if process in killed.family()])


def test_a_pool_that_is_told_to_end_gives_back_its_runs_and_leaves_nothing(pool):
    ended = pool.ensure()
    spec = pool.endless_study("ended-pool", n_trials=2)

    ended.signal(signal.SIGTERM)

    assert ended.wait() == 0
    eventually(lambda: not ended.family())
    found = pool.trials(spec)
    assert states(found) == ["FAIL", "FAIL", "WAITING", "WAITING"]
    assert {trial.reason for trial in found[:2]} == {"its worker was shut down"}
    assert [trial.attempt for trial in found] == [1] * 4
    assert pool.progress(spec).held == 0
    pool.stop_study(spec)
