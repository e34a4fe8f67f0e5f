"""The process that calculates importances, and what ends it."""

import os
import signal
import subprocess
import sys
from contextlib import closing

import numpy as np
import psutil
import pytest

from service.errors import CalculationError, NothingToExplainError
from service.importances.calculator import SPAWN, Calculator
from service.importances.evaluation import Sample, evaluate
from tests.patience import eventually


def sample(n_trials):
    points = np.random.default_rng(0).uniform(-1, 1, (n_trials, 19))
    return Sample({f"w{n}": (-1.0, 1.0) for n in range(19)}, points, points[:, 0])


LONG = ("fanova", sample(1000))
"""Takes much longer than a process needs to start."""


@pytest.fixture
def calculator():
    with closing(Calculator()) as opened:
        yield opened


def process_of(calculator, other_than=None):
    found = eventually(lambda: calculator.process_id not in {None, other_than} and calculator.process_id)
    return psutil.Process(found)


def lives(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_another_process_calculates_the_same_numbers(calculator):
    assert calculator.submit("mdi", sample(40)).result(90) == evaluate("mdi", sample(40))
    assert calculator.process_id != os.getpid()


def test_what_is_wrong_with_the_trials_is_raised_as_such_and_the_process_goes_on(calculator):
    same = Sample({"w": (-1.0, 1.0)}, np.zeros((30, 1)), np.zeros(30))
    refused = calculator.submit("mdi", same)

    with pytest.raises(NothingToExplainError, match="all 30 trials"):
        refused.result(90)
    before = calculator.process_id
    calculator.submit("mdi", sample(40)).result(90)
    assert calculator.process_id == before


def test_a_mistake_of_ours_is_told_with_its_place(calculator):
    wrong = Sample({"w": (0.0, 1.0)}, np.full((30, 1), 2.0), np.arange(30.0))

    with pytest.raises(CalculationError, match=r"evaluation\.py"):
        calculator.submit("mdi", wrong).result(90)


def test_a_process_that_is_killed_again_is_given_up_and_the_next_calculation_has_a_new_one(calculator):
    killed_twice = calculator.submit(*LONG)
    first = process_of(calculator)
    first.kill()
    process_of(calculator, other_than=first.pid).kill()

    with pytest.raises(CalculationError, match="killed 2 times"):
        killed_twice.result(90)
    assert calculator.submit("mdi", sample(40)).result(90)


def test_closing_ends_a_calculation_and_drops_what_waits(calculator):
    going_on, waiting = calculator.submit(*LONG), calculator.submit(*LONG)
    process = process_of(calculator)

    calculator.close()

    assert isinstance(going_on.exception(), CalculationError)
    assert isinstance(waiting.exception(), CalculationError)
    assert not lives(process)


def test_a_process_that_could_not_be_started_is_started_when_next_asked(calculator, monkeypatch):
    start, failures = SPAWN.Process.start, [BlockingIOError("no process to be had")]

    def fail_once(process):
        if failures:
            raise failures.pop()
        start(process)

    monkeypatch.setattr(SPAWN.Process, "start", fail_once)
    first, second = (calculator.submit("mdi", sample(30)) for _ in range(2))

    assert isinstance(first.exception(60), CalculationError)
    assert len(second.result(60)) == 19


SERVE = """
import sys, threading
import numpy as np
from service.importances.calculator import Calculator
from service.importances.evaluation import Sample
if __name__ == "__main__":
    points = np.random.default_rng(0).uniform(-1, 1, (1000, 19))
    calculator = Calculator()
    if sys.argv[1] == "busy":
        calculator.submit("fanova", Sample({f"w{n}": (-1.0, 1.0) for n in range(19)}, points, points[:, 0]))
    else:
        calculator.submit("mdi", Sample({"w": (-1.0, 1.0)}, points[:30, :1], points[:30, 0])).result()
    while calculator.process_id is None:
        pass
    print(calculator.process_id, flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize("state", ["busy", "idle"])
def test_the_process_ends_when_the_service_is_killed(state):
    with subprocess.Popen([sys.executable, "-c", SERVE, state], stdout=subprocess.PIPE, text=True) as service:
        process = psutil.Process(int(service.stdout.readline()))
        assert lives(process)

        service.send_signal(signal.SIGKILL)

    eventually(lambda: not lives(process))
