"""CMA-ES by whole generations: every result is used, however many workers there are."""

import pytest
from optuna.trial import TrialState
from sqlalchemy.orm import Session

from benchmarks.simulated_workers import simulate
from service import generations
from service.search.generations import generation_size
from service.settling import reap
from service.spec import StudySpec
from service.storage.leases import Outcome, Verdict
from tests.integration.driving import (
    RELEASED,
    act,
    assert_consistent,
    complete,
    fail,
    finish,
    look,
    make,
    optuna_trials,
    run_out,
    take,
    take_if_any,
    take_many,
)
from worker.capacity import how_many_together

CMAES = {"type": "cmaes", "population_size": 6}


def accuracy(run):
    return 1 - sum(weight**2 for weight in run.goals[0].as_dict().values())


def report(store, spec):
    with Session(store.engine) as session:
        return generations.report(session, store, spec)


def generations_of(store):
    """The generation of each complete trial, in the order of their numbers."""
    return [
        trial.system_attrs.get("cma:generation") for trial in optuna_trials(store) if trial.state is TrialState.COMPLETE
    ]


@pytest.mark.parametrize("n_workers", [1, 4, 16])
def test_every_result_of_any_number_of_workers_is_used(store, tmp_path, n_workers):
    spec = make(store, tmp_path, n_trials=30, sampler=CMAES)

    simulate(
        n_workers,
        lambda worker: take_some(store, worker, n_workers),
        lambda run: complete(store, run, accuracy(run)),
    )

    assert sorted(generations_of(store)) == [generation for generation in range(5) for _ in range(6)]
    assert report(store, spec).results_used == 1.0
    assert_consistent(store, spec)


def take_some(store, worker, n_workers):
    from service.runs import start

    return start(store, worker, 600.0, lambda spec, left: how_many_together(spec, left, n_workers, lambda _: 16))


def test_nobody_is_given_a_trial_of_the_next_generation_before_this_one_is_complete(store, tmp_path):
    make(store, tmp_path, n_trials=20, sampler=CMAES)

    first = take_many(store, 4)
    rest = take_many(store, 4)
    none = take_many(store, 4)
    for run in first + rest[:1]:
        complete(store, run, accuracy(run))
    still_none = take_if_any(store)
    complete(store, rest[1], accuracy(rest[1]))
    next_ones = take_many(store, 9)

    assert (len(first), len(rest), none, still_none) == (4, 2, [], None)
    assert len(next_ones) == 6


def test_a_worker_that_waits_for_a_generation_takes_trials_of_another_study(store, tmp_path):
    make(store, tmp_path, "generations", n_trials=20, sampler=CMAES)
    take_many(store, 6)
    make(store, tmp_path, "other", n_trials=20)

    names = [take(store).spec.name for _ in range(8)]

    assert names == ["other"] * 8


def test_a_failed_result_is_replaced_within_its_generation(store, tmp_path):
    make(store, tmp_path, n_trials=7, sampler=CMAES)
    failed, *others = take_many(store, 6)
    for run in others:
        complete(store, run, accuracy(run))
    fail(store, failed)

    complete(store, take(store), 0.5)

    assert generations_of(store) == [0] * 6


@pytest.mark.parametrize("loss", ["released", "lost"])
def test_a_trial_that_is_tried_again_stays_in_its_generation(store, tmp_path, loss):
    make(store, tmp_path, n_trials=12, sampler=CMAES)
    interrupted, *others = take_many(store, 6)
    for run in others:
        complete(store, run, accuracy(run))
    if loss == "released":
        finish(store, interrupted, RELEASED)
    else:
        run_out(store, interrupted.token)
        reap(store)

    again = take(store)
    nothing_else = take_if_any(store)
    complete(store, again, accuracy(again))
    for run in take_many(store, 6):
        complete(store, run, accuracy(run))

    assert again.goals == interrupted.goals
    assert nothing_else is None
    assert generations_of(store) == [0] * 6 + [1] * 6


@pytest.mark.parametrize("loss", ["released", "lost"])
def test_a_generation_that_is_tried_again_as_a_whole_is_used_and_the_next_one_too(store, tmp_path, loss):
    """Optuna keeps the strategy's state with the trials of a generation; it must not be lost with them."""
    spec = make(store, tmp_path, n_trials=24, sampler=CMAES)
    for run in take_many(store, 6):
        complete(store, run, accuracy(run))
    second = take_many(store, 6)
    if loss == "released":
        for run in second:
            finish(store, run, RELEASED)
    else:
        run_out(store, *[run.token for run in second])
        reap(store)

    while runs := take_many(store, 6):
        for run in runs:
            complete(store, run, accuracy(run))

    assert sorted(generations_of(store)) == [generation for generation in range(4) for _ in range(6)]
    assert report(store, spec).results_used == 1.0


def test_what_is_tried_again_after_a_study_failed_takes_no_place_that_was_filled_meanwhile(store, tmp_path):
    make(store, tmp_path, n_trials=20, sampler=CMAES, failure_limit=2)
    first = take_many(store, 6)
    for run in first[2:]:
        complete(store, run, accuracy(run))
    fail(store, first[0])
    for run in take_many(store, 1):
        complete(store, run, accuracy(run))
    fail(store, first[1])
    fail(store, take(store))
    act(store, "resume")
    reap(store)
    while runs := take_many(store, 6):
        for run in runs:
            complete(store, run, accuracy(run))

    found = generations_of(store)
    assert all(found.count(generation) <= 6 for generation in set(found) - {None})


def test_random_trials_before_the_first_generation_are_as_many_as_the_spec_says(store, tmp_path):
    make(store, tmp_path, n_trials=20, sampler={**CMAES, "n_startup_trials": 3})

    random_ones = take_many(store, 9)
    for run in random_ones:
        complete(store, run, accuracy(run))
    first = take_many(store, 9)

    assert (len(random_ones), len(first)) == (3, 6)


def test_initial_goals_take_no_place_in_a_generation(store, tmp_path):
    goals = [{"{F}{C}": 0.5}, {"{FCL}": 0.5}]
    make(store, tmp_path, n_trials=8, sampler=CMAES, initial_goals=goals)
    while runs := take_many(store, 3):
        for run in runs:
            complete(store, run, accuracy(run))

    assert generations_of(store) == [None] * 2 + [0] * 6


@pytest.mark.parametrize("variant", ["use_separable_cma", "lr_adapt"])
def test_variants_of_the_strategy_go_by_generations_too(store, tmp_path, variant):
    spec = make(store, tmp_path, n_trials=12, sampler={**CMAES, variant: True})
    while runs := take_many(store, 20):
        assert len(runs) == 6
        for run in runs:
            complete(store, run, accuracy(run))

    assert (report(store, spec).complete, report(store, spec).results_used) == (2, 1.0)


def test_pruned_trials_are_replaced_within_their_generation(store, tmp_path):
    spec = make(store, tmp_path, n_trials=8, sampler=CMAES, pruner="median")
    pruned, *others = take_many(store, 6)
    finish(store, pruned, Outcome(Verdict.PRUNED, reason="pruned after epoch 1 of 100"))
    for run in others:
        complete(store, run, accuracy(run))
    complete(store, take(store), 0.5)

    assert generations_of(store) == [0] * 6
    assert look(store).told == 7
    assert report(store, spec).complete == 1


def test_waiting_at_the_end_of_a_generation_is_reported(store, tmp_path):
    spec = make(store, tmp_path, n_trials=12, sampler=CMAES)
    runs = take_many(store, 3, "first") + take_many(store, 3, "second")
    for run in runs:
        complete(store, run, accuracy(run))
    # By hand: of 10 s each, one worker works for 4, the other for 10.
    with store.engine.begin() as connection:
        for worker, seconds in (("first", 4), ("second", 10)):
            connection.exec_driver_sql(
                "UPDATE infomorphic.leases SET claimed_at = '2020-01-01', settled_at = timestamptz '2020-01-01' "
                f"+ interval '{seconds} s' WHERE worker = '{worker}'"
            )

    assert report(store, spec).idle_share == pytest.approx(6 / 20)


def test_before_its_first_generation_is_complete_a_study_has_nothing_to_report_yet(store, tmp_path):
    spec = make(store, tmp_path, n_trials=12, sampler=CMAES)
    complete(store, take(store))

    found = report(store, spec)

    assert (found.size, found.complete, found.results_used, found.idle_share) == (6, 0, None, None)


def test_a_study_with_tpe_has_no_generations(store, tmp_path):
    spec = make(store, tmp_path)

    assert report(store, spec) is None


@pytest.mark.parametrize(("searched", "size"), [(18, 12), (19, 12), (3, 7), (2, 6)])
def test_a_generation_has_the_size_that_the_library_gives_it(searched, size):
    """λ = 4 + ⌊3 ln n⌋."""
    import cmaes
    import numpy as np

    from model.goal import TERMS

    space = {term: {"low": -1} if number < searched else 0.0 for number, term in enumerate(TERMS)}
    spec = StudySpec.model_validate({"name": "study", "sampler": "cmaes", "search_space": space})

    assert generation_size(spec) == size == cmaes.CMA(mean=np.zeros(searched), sigma=1.0).population_size
