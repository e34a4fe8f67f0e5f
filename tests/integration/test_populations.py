"""A worker takes several trials, trains them as one population, and each comes to its own end."""

import pytest
import torch
from optuna.trial import Trial, TrialState
from sqlalchemy import text

from model.data.digits import load_digits
from model.population import Population
from model.training import Training
from service.runs import Run
from service.search.trials import AskedTrial
from service.settling import reap
from service.storage.leases import expire
from tests.integration.driving import assert_consistent, leases_of
from tests.integration.rounds import ENDLESS, InBackground, all_trials, change, make_study
from tests.patience import eventually
from worker.worker import Worker

TOGETHER = {"trials_per_worker": 4, "n_trials": 8}


def trained_alone(spec, trial):
    """Validation accuracies of each network of a trial after each epoch, trained without any company."""
    config = spec.training
    data = load_digits().split(config.validation_fraction, config.data_seed)
    seeds = Run(0, spec, AskedTrial(None, trial.goals, trial.origin)).seeds
    alone = [Training(spec.network, config, data, [trial.goals], [seed]).epochs() for seed in seeds]
    return [[result.validation_accuracy[0] for result in results] for results in zip(*alone, strict=True)]


def test_trials_of_a_population_get_the_values_that_each_would_get_alone(worker, store, sizes):
    spec = make_study(store, **TOGETHER, training={"epochs": 3, "batch_size": 256})

    rounds = [worker.work() for _ in range(3)]

    assert rounds == [True, True, False]
    assert set(sizes) == {4}
    found = all_trials(store, spec)
    assert [trial.state for trial in found] == [TrialState.COMPLETE] * 8
    assert len({trial.goals for trial in found}) == 8
    for trial in found:
        alone = {epoch: accuracy for epoch, (accuracy,) in enumerate(trained_alone(spec, trial), start=1)}
        assert trial.validation_accuracies == pytest.approx(alone, abs=0.02)  # products may round differently
    assert_consistent(store, spec)


def test_a_trial_with_repeats_has_their_mean_and_their_deviation(worker, store, sizes):
    spec = make_study(store, n_trials=2, trials_per_worker=2, repeats=3)

    worker.work()

    assert set(sizes) == {6}
    for trial in all_trials(store, spec):
        *_, alone = trained_alone(spec, trial)
        assert trial.repeats == pytest.approx(alone, abs=0.02)
        assert len(set(trial.repeats)) > 1
        mean = sum(trial.repeats) / 3
        assert trial.value == pytest.approx(mean, abs=1e-12)
        deviation = (sum((value - mean) ** 2 for value in trial.repeats) / 2) ** 0.5
        assert trial.standard_deviation == pytest.approx(deviation, abs=1e-12)
        assert trial.validation_accuracies[2] == trial.value


def test_one_network_a_trial_has_no_deviation(worker, store):
    spec = make_study(store)

    worker.work()

    (trial,) = all_trials(store, spec)
    assert (trial.repeats, trial.standard_deviation) == ((), None)


def let_overflow(monkeypatch, member):
    """Let the weights of a population's member be infinite after its first step."""
    learn = Population.learn

    def learn_and_overflow(population, images, labels):
        learn(population, images, labels)
        if population._step == 1:
            population.stack.hidden[0].maps["feedforward"].weight.data[member].fill_(torch.inf)

    monkeypatch.setattr(Population, "learn", learn_and_overflow)


def test_a_diverged_network_leaves_and_the_others_complete(worker, store, sizes, monkeypatch):
    let_overflow(monkeypatch, member=1)
    spec = make_study(store, **TOGETHER, training={"epochs": 3, "batch_size": 256})
    worker.work()

    states = [trial.state for trial in all_trials(store, spec)]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE, TrialState.COMPLETE]
    assert all_trials(store, spec)[1].reason == "diverged: a weight is no longer finite after epoch 1"
    assert sizes == [4] * 5 + [3] * 10


def test_one_diverged_repeat_fails_its_trial_and_takes_the_others_of_it_along(worker, store, sizes, monkeypatch):
    let_overflow(monkeypatch, member=4)
    spec = make_study(store, n_trials=2, trials_per_worker=2, repeats=3)
    worker.work()

    assert [trial.state for trial in all_trials(store, spec)] == [TrialState.COMPLETE, TrialState.FAIL]
    assert sizes == [6] * 5 + [3] * 5


def test_when_all_diverge_all_fail_with_the_reason(worker, store, monkeypatch):
    learn = Population.learn

    def learn_and_overflow(population, images, labels):
        learn(population, images, labels)
        population.stack.hidden[0].maps["feedforward"].weight.data.fill_(torch.inf)

    monkeypatch.setattr(Population, "learn", learn_and_overflow)
    spec = make_study(store, n_trials=3, trials_per_worker=3, failure_limit=50)
    worker.work()

    found = all_trials(store, spec)
    assert [trial.state for trial in found] == [TrialState.FAIL] * 3
    assert {trial.reason for trial in found} == {"diverged: a weight is no longer finite after epoch 1"}


def test_a_trial_that_makes_its_population_raise_costs_the_others_nothing(worker, store, sizes, monkeypatch):
    learn = Population.learn

    def learn_or_raise(population, images, labels):
        learn(population, images, labels)
        if population._step == 7 and (population.stack.hidden[0]._objective.residual == 0.125).any():
            raise MemoryError("too much")

    monkeypatch.setattr(Population, "learn", learn_or_raise)
    goals = [{"H_res": weight} for weight in (0.0, 0.25, 0.125, 0.5)]
    spec = make_study(store, n_trials=4, trials_per_worker=4, initial_goals=goals, max_attempts=1)
    worker.work()

    found = all_trials(store, spec)
    assert [trial.state for trial in found] == [
        *(TrialState.COMPLETE, TrialState.COMPLETE),
        *(TrialState.FAIL, TrialState.COMPLETE),
    ]
    assert found[2].reason == "MemoryError: too much (attempt 1 of 1)"
    assert all(set(trial.validation_accuracies) == {1, 2} for trial in found if trial.state is TrialState.COMPLETE)
    assert sorted(set(sizes)) == [1, 2, 4]


def test_a_pruner_that_raises_costs_the_other_trials_nothing(worker, store, monkeypatch):
    should_prune = Trial.should_prune

    def raise_for_the_first(trial):
        if trial.number == 0:
            raise RuntimeError("no median")
        return should_prune(trial)

    monkeypatch.setattr(Trial, "should_prune", raise_for_the_first)
    pruner = {"type": "median", "n_startup_trials": 100}
    spec = make_study(store, n_trials=3, trials_per_worker=3, pruner=pruner, max_attempts=1)
    worker.work()

    found = all_trials(store, spec)
    assert [trial.state for trial in found] == [TrialState.FAIL, TrialState.COMPLETE, TrialState.COMPLETE]
    assert found[0].reason == "RuntimeError: no median (attempt 1 of 1)"


def test_how_many_trials_pay_together_is_measured_once(settings, store, monkeypatch, own_data):
    spec = make_study(store, own_data.parent, dataset="own", n_trials=1000)
    loads = []
    worker = Worker(settings.model_copy(update={"data_dir": own_data.parent}), "test/1")
    load_split = worker._load
    monkeypatch.setattr(worker, "_load", lambda *arguments: loads.append(arguments) or load_split(*arguments))

    found = {worker._how_many(spec, 1000) for _ in range(3)}

    assert len(found) == len(loads) == 1


def test_a_population_that_raises_is_tried_again(worker, store, tmp_path, own_data):
    spec = make_study(store, tmp_path, dataset="own", n_trials=3, trials_per_worker=3, max_attempts=2)
    whole = own_data.read_bytes()
    own_data.write_bytes(b"no zip file")
    worker.work()
    own_data.write_bytes(whole)

    worker.work()

    found = all_trials(store, spec)
    assert [trial.state for trial in found] == [TrialState.FAIL] * 3 + [TrialState.COMPLETE] * 3
    assert [trial.goals for trial in found[:3]] == [trial.goals for trial in found[3:]]
    assert_consistent(store, spec)


def test_a_lost_lease_takes_its_trial_out_and_leaves_the_others_in(worker, store, sizes):
    spec = make_study(store, n_trials=2, trials_per_worker=2, training=ENDLESS)
    running = InBackground(worker)
    running.await_epoch(store, spec, 1)
    token = leases_of(store)[0].id

    def lose():
        with store.engine.begin() as connection:
            connection.execute(
                text("UPDATE infomorphic.leases SET expires_at = now() - interval '1 s' WHERE id = :id"), {"id": token}
            )
        return expire(store.engine)

    eventually(lose)
    eventually(lambda: sizes[-1] == 1)
    change(store, "stop")
    running.join()
    reap(store)

    assert [lease.outcome["verdict"] for lease in leases_of(store)] == ["stopped", "stopped"]
    reasons = [trial.reason for trial in all_trials(store, spec)]
    assert "was not heard from in time" in reasons[0]
    assert reasons[1].startswith("the study was stopped after epoch")


def test_stopping_ends_all_trials_of_a_population(worker, store):
    spec = make_study(store, n_trials=3, trials_per_worker=3, training=ENDLESS)
    running = InBackground(worker)
    running.await_epoch(store, spec, 2)

    change(store, "stop")

    running.join()
    found = all_trials(store, spec)
    assert {trial.state for trial in found} == {TrialState.FAIL}
    assert len({trial.reason for trial in found}) == 1
    assert {lease.state for lease in leases_of(store)} == {"told"}
