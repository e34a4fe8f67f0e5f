import shutil

import pytest
import torch
from optuna.trial import TrialState

from model.data.digits import load_digits
from model.goal import presets
from model.population import Population
from model.training import Training
from service import trials
from service.runs import Run
from service.search.trials import AskedTrial
from tests.integration.rounds import ENDLESS, InBackground, all_trials, change, make_study, study_state


def train_alone(spec, trial):
    """Validation accuracy by epoch of the trial's goal and seed, trained without worker, lease or database."""
    config = spec.training
    data = load_digits().split(config.validation_fraction, config.data_seed)
    seed = Run(0, spec, AskedTrial(None, trial.goals, trial.origin)).seeds[0]
    training = Training(spec.network, config, data, [trial.goals], [seed])
    return {result.epoch: result.validation_accuracy[0] for result in training.epochs()}


def test_a_trial_completes_with_the_values_that_training_alone_gives(worker, store):
    spec = make_study(store, seed=3, training={"epochs": 3, "batch_size": 256}, initial_goals=["heuristic"])

    worked = worker.work()

    trial = trials.get(store, spec, 0)
    alone = train_alone(spec, trial)
    assert worked
    assert trial.goals[0].gamma == presets()["trivariate"]["heuristic"]
    assert (trial.state, trial.validation_accuracies, trial.value) == (TrialState.COMPLETE, alone, alone[3])
    assert study_state(store) == "completed"


def test_with_nothing_to_do_a_round_trains_nothing(worker, store):
    assert not worker.work()


def test_a_study_ends_with_exactly_its_number_of_trials(worker, store):
    spec = make_study(store, n_trials=3)

    rounds = [worker.work() for _ in range(5)]

    assert rounds == [True, True, True, False, False]
    assert [trial.state for trial in all_trials(store, spec)] == [TrialState.COMPLETE] * 3


def test_a_diverged_network_fails_its_trial_for_good_and_the_worker_goes_on(worker, store, monkeypatch):
    # No data and no learning rate was found that makes a weight overflow: gradients and Adam's steps are bounded.
    learn = Population.learn

    def learn_and_overflow(population, images, labels):
        learn(population, images, labels)
        population.stack.hidden[0].maps["feedforward"].weight.data.fill_(torch.inf)

    spec = make_study(store, n_trials=2)
    with monkeypatch.context() as patched:
        patched.setattr(Population, "learn", learn_and_overflow)
        worker.work()
    worker.work()

    diverged, healthy = all_trials(store, spec)
    assert diverged.state is TrialState.FAIL
    assert diverged.reason == "diverged: a weight is no longer finite after epoch 1"
    assert healthy.state is TrialState.COMPLETE
    assert (healthy.attempt, healthy.origin) == (1, 1)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "unknown data set 'own'"),
        (lambda path: path.write_bytes(path.read_bytes()[:-200]), "own.npz"),
    ],
)
def test_a_trial_that_raises_is_tried_again_until_its_attempts_are_used_up(
    worker, store, tmp_path, own_data, damage, said
):
    spec = make_study(store, tmp_path, dataset="own", max_attempts=2)
    damage(own_data)

    rounds = [worker.work() for _ in range(3)]

    first, second = all_trials(store, spec)
    assert rounds == [True, True, False]
    assert [first.state, second.state] == [TrialState.FAIL] * 2
    assert first.goals == second.goals
    assert (second.attempt, second.origin) == (2, 0)
    assert said in second.reason
    assert "attempt 2 of 2" in second.reason
    assert study_state(store) == "failed"


def test_a_data_set_that_is_mended_between_two_attempts_is_read_again(worker, store, tmp_path, own_data):
    whole = tmp_path / "whole"
    shutil.copy(own_data, whole)
    spec = make_study(store, tmp_path, dataset="own")
    own_data.write_bytes(b"no zip file")
    worker.work()
    whole.replace(own_data)

    worker.work()

    assert [trial.state for trial in all_trials(store, spec)] == [TrialState.FAIL, TrialState.COMPLETE]


def test_stopping_the_study_ends_the_trial_and_keeps_its_results(worker, store):
    spec = make_study(store, training=ENDLESS, n_trials=2)
    running = InBackground(worker)
    running.await_epoch(store, spec)

    change(store, "stop")

    running.join()
    (trial,) = all_trials(store, spec)
    assert trial.state is TrialState.FAIL
    assert trial.reason.startswith("the study was stopped after epoch")
    assert list(trial.validation_accuracies) == list(range(1, len(trial.validation_accuracies) + 1))
    assert not worker.work()


def test_pausing_lets_the_run_in_hand_finish_and_none_start_until_resumed(worker, store):
    spec = make_study(store, training={"epochs": 60, "batch_size": 256}, n_trials=2)
    running = InBackground(worker)
    running.await_epoch(store, spec)
    change(store, "pause")
    running.join()
    paused_rounds = [worker.work(), worker.work()]
    finished_while_paused = [trial.state for trial in all_trials(store, spec)]

    change(store, "resume")
    worker.work()

    assert paused_rounds == [False, False]
    assert finished_while_paused == [TrialState.COMPLETE]
    assert [trial.state for trial in all_trials(store, spec)] == [TrialState.COMPLETE] * 2
