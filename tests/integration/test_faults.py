"""Workers that die, stall and stumble at random: whatever they do, the invariants hold at the end."""

import random
import threading
import time
from contextlib import closing, suppress

import pytest

from service.errors import LeaseLostError
from service.runs import finish
from service.settling import reap
from service.storage import leases
from service.storage.leases import Outcome, Verdict
from service.storage.store import Store
from service.storage.tables import StudyState
from service.sweeping import sweep
from tests.integration.driving import (
    RELEASED,
    act,
    assert_consistent,
    claim_without_asking,
    in_threads,
    look,
    make,
    take_many,
)
from tests.patience import eventually


def misbehave(store, run, random_):
    """One of the things that happen to a run."""
    match random_.choice(["complete", "complete", "complete", "fail", "retry", "vanish", "stall", "decide", "release"]):
        case "complete":
            finish(store, run, Outcome(Verdict.COMPLETE, random_.random()))
        case "fail":
            finish(store, run, Outcome(Verdict.FAIL, reason="it diverged"))
        case "retry":
            finish(store, run, Outcome(Verdict.RETRY, reason="it raised"))
        case "vanish":
            pass
        case "stall":
            time.sleep(0.3)
            finish(store, run, Outcome(Verdict.COMPLETE, random_.random()))
        case "decide":
            leases.decide(store.engine, run.token, Outcome(Verdict.COMPLETE, random_.random()))
        case "release":
            leases.give_back(store.engine, threading.current_thread().name, RELEASED)


def work(url, seed, ended):
    random_ = random.Random(seed)
    with closing(Store.open(url, pool_size=2)) as store:
        while not ended.is_set():
            try:
                if random_.random() < 0.3:
                    reap(store)
                if random_.random() < 0.1:
                    claim_without_asking(store.engine, "died after claiming", 0.2)
                for run in take_many(store, random_.randint(1, 3), threading.current_thread().name, 0.2):
                    with suppress(LeaseLostError):
                        misbehave(store, run, random_)
            except LeaseLostError:
                pass


def steer(url, ended):
    """Resume what failed, pause now and then, and tell everybody when it is over."""
    try:
        with closing(Store.open(url)) as store:
            deadline = time.monotonic() + 90
            while (state := look(store).state) is not StudyState.COMPLETED:
                assert time.monotonic() < deadline, look(store)
                if state is StudyState.FAILED:
                    act(store, "resume")
                reap(store)
                time.sleep(0.05)
    finally:
        ended.set()


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_random_faults_neither_lose_nor_double_a_trial(store, database_url, tmp_path, sampler):
    goals = [{"{F}{C}": 0.25}, {"{FCL}": -0.5}]
    options = {"type": sampler, "n_startup_trials": 3}
    spec = make(store, tmp_path, n_trials=16, sampler=options, initial_goals=goals, max_attempts=2, failure_limit=3)
    ended = threading.Event()

    in_threads(
        *[lambda seed=seed: work(database_url, seed, ended) for seed in range(4)], lambda: steer(database_url, ended)
    )

    eventually(lambda: reap(store) or not look(store).held)
    sweep(store)
    assert_consistent(store, spec)
