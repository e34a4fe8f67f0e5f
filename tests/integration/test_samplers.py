import os
import subprocess
import sys

import numpy as np
import pytest
from optuna.trial import TrialState

from service.storage.tables import StudyState
from tests.integration.driving import (
    assert_consistent,
    complete,
    fail,
    in_threads,
    look,
    make,
    optuna_trials,
    take,
    take_many,
)

OPTIMUM = {"{F}{C}": 0.5, "{FCL}": -0.25, "H_res": 0.0}


def accuracy(goal):
    """Highest, 1, where every weight is its optimum."""
    weights = goal.as_dict()
    return 1.0 - sum((weights[term] - best) ** 2 for term, best in OPTIMUM.items())


def search(store, n_trials):
    goals = []
    for _ in range(n_trials):
        run = take(store)
        goals.append(run.goals[0].gamma)
        complete(store, run, accuracy(run.goals[0]))
    return goals


@pytest.mark.parametrize("sampler", [{"type": "tpe", "n_startup_trials": 3}, {"type": "cmaes", "population_size": 4}])
def test_a_single_workers_suggestions_follow_from_the_studys_seed(store, tmp_path, sampler):
    make(store, tmp_path, "first", n_trials=6, sampler=sampler, seed=5)
    first = search(store, 6)
    make(store, tmp_path, "second", n_trials=6, sampler=sampler, seed=5)
    second = search(store, 6)
    make(store, tmp_path, "third", n_trials=6, sampler=sampler, seed=6)
    third = search(store, 6)

    assert first == second
    assert first[0] != third[0]
    assert len(set(first)) == 6


def test_tpe_suggests_terms_together_or_alone_as_the_spec_says(store, tmp_path):
    options = {"type": "tpe", "n_startup_trials": 3, "n_ei_candidates": 10}
    make(store, tmp_path, "together", n_trials=8, sampler={**options, "multivariate": True}, seed=5)
    together = search(store, 8)
    make(store, tmp_path, "alone", n_trials=8, sampler={**options, "multivariate": False}, seed=5)
    alone = search(store, 8)

    assert together[:3] == alone[:3]
    assert together[4:] != alone[4:]


def test_cma_es_uses_the_results_of_one_generation_for_the_next(store, tmp_path):
    sampler = {"type": "cmaes", "n_startup_trials": 1, "population_size": 5}
    spec = make(store, tmp_path, n_trials=31, sampler=sampler)

    search(store, 31)

    generations = [
        value
        for trial in optuna_trials(store)
        for key, value in trial.system_attrs.items()
        if key.startswith("cma:generation")
    ]
    # One random trial, then six generations of five, with every result of a generation used.
    assert [generations.count(generation) for generation in range(6)] == [5] * 6
    values = [trial.value for trial in optuna_trials(store)]
    assert np.mean(values[-10:]) > np.mean(values[:10]) + 0.1
    assert_consistent(store, spec)


def test_cma_es_has_the_published_search_space(store, tmp_path):
    spec = make(store, tmp_path, n_trials=3, sampler="cmaes", search_space={})

    goals = [take(store).goals[0].as_dict() for _ in range(3)]

    assert {goal["H_res"] for goal in goals} == {0.0}
    assert all(len(set(goal.values())) == 19 for goal in goals)
    assert spec.search_space["H_res"] == 0.0


def test_tpe_learns_from_results(store, tmp_path):
    make(store, tmp_path, n_trials=30, sampler={"type": "tpe", "n_startup_trials": 10})

    search(store, 30)

    values = [trial.value for trial in optuna_trials(store)]
    assert np.mean(values[-10:]) > np.mean(values[:10]) + 0.1


def test_workers_that_ask_at_once_are_suggested_different_points(store, tmp_path):
    make(store, tmp_path, n_trials=20, sampler={"type": "tpe", "n_startup_trials": 3})
    search(store, 5)

    asked = [take(store).goals[0].gamma for _ in range(6)]

    assert len(set(asked)) == 6


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_failed_trials_do_not_stop_the_sampler(store, tmp_path, sampler):
    make(store, tmp_path, n_trials=8, sampler={"type": sampler, "n_startup_trials": 2}, failure_limit=100)
    for number in range(8):
        run = take(store)
        if number % 2:
            fail(store, run)
        else:
            complete(store, run, accuracy(run.goals[0]))

    assert look(store).state is StudyState.COMPLETED
    assert [trial.state for trial in optuna_trials(store)] == [TrialState.COMPLETE, TrialState.FAIL] * 4


def test_workers_that_ask_for_sobol_points_at_once_get_each_its_own(store, tmp_path):
    make(store, tmp_path, n_trials=8, sampler="sobol", seed=5)

    def take_two():
        own = []
        while len(own) < 2:  # while another claims, there is nothing to be had for a moment
            own += take_many(store, 1)
        runs.extend(own)

    runs = []
    in_threads(*[take_two] * 4)

    # Of 8 scrambled Sobol points one is in each eighth of every range.
    for term in OPTIMUM:
        assert sorted(int(4 * (1 + run.goals[0].as_dict()[term])) for run in runs) == list(range(8))


def test_sobol_points_follow_from_the_studys_seed(store, tmp_path):
    found = []
    for name, seed in (("first", 5), ("second", 5), ("third", 6)):
        make(store, tmp_path, name, n_trials=4, sampler="sobol", seed=seed)
        found.append(search(store, 4))

    assert found[0] == found[1]
    assert not set(found[0]) & set(found[2])


def test_an_enqueued_trial_that_says_less_than_a_goal_fails_where_nothing_is_sampled(store, tmp_path):
    make(store, tmp_path, n_trials=2, sampler="enqueued", initial_goals=[OPTIMUM, OPTIMUM])
    take_many(store, 1)
    study = store.optuna_study("study")
    waiting = study.get_trials(states=(TrialState.WAITING,))[0]
    study._storage.set_trial_system_attr(waiting._trial_id, "fixed_params", {"{F}{C}": 1.0})

    assert take_many(store, 1) == []

    failed = optuna_trials(store)[1]
    assert failed.state is TrialState.FAIL
    assert "{FCL} is not" in failed.user_attrs["reason"]


def test_with_common_random_numbers_the_networks_of_all_trials_have_the_same_seeds(store, tmp_path):
    make(store, tmp_path, n_trials=2, repeats=3, common_random_numbers=True)

    first, second = take(store), take(store)

    assert first.goals != second.goals
    assert first.seeds == second.seeds
    assert len(set(first.seeds)) == 3


ASK = """
import sys
from pathlib import Path
from service.storage.store import Store
from tests.integration.driving import make, take
store = Store.open(sys.argv[1])
make(store, Path(), sys.argv[2], sampler={"type": "tpe"}, search_space={}, seed=5)
print(take(store).goals[0].gamma)
"""


def test_suggestions_depend_on_the_seed_and_not_on_the_process(database_url):
    asked = [
        subprocess.run(
            [sys.executable, "-c", ASK, database_url, f"hashed-{hash_seed}"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]

    assert asked[0] == asked[1] != ""
