"""Analyses gone through as workers do, with a validation accuracy that is known for every goal and seed."""

import statistics

from service.analyses.waiting import start_waiting
from service.runs import finish
from service.settling import reap
from service.storage.leases import Outcome, Verdict
from tests.integration.driving import complete, make, take, take_many

GOAL = {"{F}{C}": 0.5, "{FCL}": -0.25, "{F}{L}": 0.125}
"""All other weights are zero."""

COST = {"{F}{C}": 0.2, "{FCL}": 0.04, "{F}{L}": -0.02}
"""Of a weight that is zero, in validation accuracy; without the last one, networks get better."""


def accuracy(goal, seed):
    """Less for every weight of `GOAL` that is not what it was, in proportion; and some luck with each seed."""
    weights = goal.as_dict()
    lost = sum(cost * abs(weights[term] - GOAL[term]) / abs(GOAL[term]) for term, cost in COST.items())
    return 0.75 - lost + (seed % 1000) / 10_000


def searched(store, data_dir, name="study", n_trials=1, **changes):
    """A study that has ended; its first trial has `GOAL`, and is the best."""
    changes = {"search_space": {}, "initial_goals": [GOAL], **changes}
    spec = make(store, data_dir, name, n_trials=n_trials, **changes)
    for number in range(n_trials):
        complete(store, take(store), 0.75 - number / 100)
    return spec


def work(store, wanted=100):
    """Train all that is to be trained, so many at a time; which goals, in their order."""
    goals = []
    reap(store)
    start_waiting(store)
    while runs := take_many(store, wanted):
        for run in runs:
            finish_run(store, run)
            goals.append(run.goals)
        start_waiting(store)
    return goals


def finish_run(store, run):
    accuracies = tuple(accuracy(run.goals[0], seed) for seed in run.seeds)
    finish(store, run, Outcome(Verdict.COMPLETE, statistics.fmean(accuracies), repeats=accuracies))
