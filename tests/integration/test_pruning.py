import pytest
from optuna.trial import TrialState

from service import trials
from service.settling import reap
from service.storage.leases import Outcome, Verdict
from tests.integration.driving import act, assert_consistent, complete, fail, finish, look, make, optuna_trials, take
from tests.integration.rounds import all_trials, make_study

SILENT = {"{F}{C}{L}": 0.0}
"""A goal of zeros teaches nothing."""


@pytest.mark.usefixtures("pruner_keeps_up")
def test_a_trial_worse_than_others_is_pruned_and_the_rest_of_its_population_gets_faster(worker, store, sizes):
    """Each round's population has one goal that teaches nothing beside one that does; the median lies between."""
    spec = make_study(
        store,
        n_trials=4,
        trials_per_worker=2,
        initial_goals=[SILENT, "heuristic", SILENT, "heuristic"],
        pruner={"type": "median", "n_startup_trials": 2, "n_warmup_steps": 5},
        training={"epochs": 12, "batch_size": 128, "hidden_learning_rate": 0.02, "output_learning_rate": 0.02},
        network={"hidden_neurons": 20},
    )

    worker.work()
    worker.work()

    found = all_trials(store, spec)
    complete, pruned = TrialState.COMPLETE, TrialState.PRUNED
    assert [trial.state for trial in found] == [complete, complete, pruned, complete]
    reached = max(found[2].validation_accuracies)
    assert 5 <= reached < 12
    assert found[2].reason == f"pruned after epoch {reached} of 12"
    assert sizes[-1] == 1
    assert look(store).state == "completed"
    assert trials.top(store, spec, 1)[0].number != 2


def test_patience_ends_a_trial_that_has_stopped_improving(worker, store):
    spec = make_study(
        store,
        initial_goals=[SILENT],
        pruner={"type": "patience", "patience": 3},
        training={"epochs": 300, "batch_size": 256},
    )

    worker.work()

    (trial,) = all_trials(store, spec)
    assert trial.state is TrialState.PRUNED
    assert len(trial.validation_accuracies) < 300


def test_hyperband_halves_within_its_brackets(store, tmp_path):
    """Of trials in one rung of one bracket, one in reduction_factor goes on; the first always does."""
    spec = make(
        store,
        tmp_path,
        n_trials=40,
        pruner={"type": "hyperband", "min_resource": 1, "reduction_factor": 2},
        training={"epochs": 4},
    )
    pruned = 0
    for number in range(40):
        run = take(store)
        for epoch in range(1, 5):
            run.asked.trial.report(1 - number / 40, epoch)  # ever worse
            if run.asked.trial.should_prune():
                pruned += 1
                finish(store, run, Outcome(Verdict.PRUNED, reason=f"pruned after epoch {epoch} of 4"))
                break
        else:
            complete(store, run, 1 - number / 40)

    states = [trial.state for trial in optuna_trials(store)]
    assert states.count(TrialState.PRUNED) == pruned > 20
    assert states.count(TrialState.COMPLETE) >= 3
    assert_consistent(store, spec)


def test_a_pruned_trial_counts_and_keeps_the_value_of_its_last_epoch(store, tmp_path):
    spec = make(store, tmp_path, n_trials=2, pruner="median")
    run = take(store)
    run.asked.trial.report(0.25, 1)
    finish(store, run, Outcome(Verdict.PRUNED, reason="pruned after epoch 1 of 100"))
    complete(store, take(store))

    pruned = optuna_trials(store)[0]
    assert (pruned.state, pruned.value, pruned.user_attrs["reason"]) == (
        *(TrialState.PRUNED, 0.25),
        "pruned after epoch 1 of 100",
    )
    assert look(store).state == "completed"
    assert_consistent(store, spec)


def test_pruned_trials_are_no_failures(store, tmp_path):
    make(store, tmp_path, n_trials=9, pruner="median", failure_limit=2)
    for _ in range(3):
        fail(store, take(store))
        finish(store, take(store), Outcome(Verdict.PRUNED, reason="pruned"))

    assert look(store).state == "running"


def test_what_was_pruned_is_not_tried_again_when_a_failed_study_is_resumed(store, tmp_path):
    make(store, tmp_path, n_trials=9, pruner="median", failure_limit=2)
    fail(store, take(store))
    finish(store, take(store), Outcome(Verdict.PRUNED, reason="pruned"))
    fail(store, take(store))
    fail(store, take(store))

    act(store, "resume")
    reap(store)
    again = [take(store).asked.origin for _ in range(2)]

    assert again == [2, 3]
