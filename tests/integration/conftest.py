"""Fixtures of tests in which a worker trains."""

import threading
import time

import pytest
import torch

from model.population import Population
from worker.reporter import Reporter
from worker.worker import Worker


@pytest.fixture
def worker(settings):
    """A worker that looks again soon when there is nothing to do, and hears soon of a lost lease."""
    threads = torch.get_num_threads()
    yield Worker(settings.model_copy(update={"poll_seconds": 0.05, "lease_seconds": 5.0}), "test/1")
    torch.set_num_threads(threads)


@pytest.fixture
def pruner_keeps_up(monkeypatch):
    """Training waits for the pruner after every epoch: networks so small learn faster than it is asked."""
    asked, report, ask = threading.Event(), Reporter.report, Reporter._ask_pruner

    def ask_and_say(*given):
        ask(*given)
        asked.set()

    def report_and_wait(*given):
        asked.clear()
        report(*given)
        assert asked.wait(60)

    monkeypatch.setattr(Reporter, "_ask_pruner", ask_and_say)
    monkeypatch.setattr(Reporter, "report", report_and_wait)


@pytest.fixture
def sizes(monkeypatch):
    """How many networks there were at each step of training."""
    found, learn = [], Population.learn

    def learn_and_count(population, *arguments):
        found.append(population.size)
        time.sleep(0.005)  # for the reporter to come along: networks so small learn faster than a database writes
        return learn(population, *arguments)

    monkeypatch.setattr(Population, "learn", learn_and_count)
    return found
