"""What crashes at bad moments left in Optuna, and what others have there."""

from contextlib import suppress

import optuna
import pytest
from optuna.trial import TrialState
from sqlalchemy.orm import Session

from service import creation
from service.errors import LeaseLostError, NameTakenError
from service.search import trials
from service.settling import reap
from service.spec import StudySpec
from service.storage.leases import link
from service.sweeping import sweep
from tests.integration.driving import (
    LONG,
    SPACE,
    act,
    assert_consistent,
    complete,
    delete,
    in_threads,
    leases_of,
    make,
    numbers,
    optuna_trials,
    run_out,
    take,
    take_if_any,
)
from tests.patience import eventually


def names(store):
    return [study.study_name for study in store.trials.get_all_studies()]


def test_the_half_of_a_creation_that_was_cut_short_is_deleted_and_nothing_else(store, tmp_path):
    spec = StudySpec.model_validate({"name": "half", "search_space": SPACE, "initial_goals": [{"{FCL}": 0.5}]})
    make(store, tmp_path, "whole")
    optuna.create_study(study_name="somebody-elses", storage=store.trials).set_user_attr("infomorphic", "mine")
    with Session(store.engine) as session:
        creation.create(session, store, spec, tmp_path)  # and never commits

    sweep(store)

    assert sorted(names(store)) == ["somebody-elses", "whole"]


def test_a_copy_from_another_database_that_bears_our_mark_is_somebodys(store, tmp_path):
    spec = StudySpec.model_validate({"name": "moved", "search_space": SPACE})
    moved = optuna.create_study(study_name="moved", storage=store.trials, direction="maximize")
    moved.set_user_attr("infomorphic", spec.model_dump(mode="json"))
    moved.add_trial(optuna.trial.create_trial(value=0.9))

    sweep(store)
    with pytest.raises(NameTakenError, match="did not make"):
        make(store, tmp_path, "moved")

    assert [trial.value for trial in optuna_trials(store, "moved")] == [0.9]


def test_a_study_that_is_just_being_made_is_left_alone(store, tmp_path):
    spec = StudySpec.model_validate({"name": "new", "search_space": SPACE})
    with Session(store.engine) as session, session.begin():
        creation.create(session, store, spec, tmp_path)
        sweep(store)
    sweep(store)

    assert names(store) == ["new"]


def test_a_study_is_deleted_whole_while_workers_ask_for_its_trials(store, tmp_path):
    for attempt in range(8):
        name = f"study-{attempt}"
        make(store, tmp_path, name, n_trials=50)

        def ask():
            with suppress(LeaseLostError):
                while take_if_any(store, "worker", LONG) is not None:
                    pass

        def end(name=name):
            eventually(lambda: optuna_trials(store, name), every=0)
            act(store, "stop", name)
            delete(store, name)

        in_threads(ask, ask, end)

        assert names(store) == []


def test_a_trial_that_was_made_twice_is_discarded(store, tmp_path):
    """The database's answer was lost, and Optuna made the trial once more."""
    spec = make(store, tmp_path, n_trials=1)
    run = take(store)
    twin = trials.create(store.optuna_study("study"), run.token)
    sweep(store)
    before = numbers(store, TrialState.RUNNING)

    complete(store, run)

    assert (before, numbers(store, TrialState.RUNNING)) == ([0], [])
    assert optuna_trials(store)[twin].user_attrs[trials.REASON] == "discarded: no worker has a lease for it"
    assert_consistent(store, spec)


def test_a_running_trial_under_a_lease_is_left_alone_and_so_are_a_notebooks(store, tmp_path):
    make(store, tmp_path)
    complete(store, take(store))
    copied = take(store)
    optuna.copy_study(from_study_name="study", from_storage=store.trials, to_storage=store.trials, to_study_name="copy")
    complete(store, copied)
    take(store)
    store.optuna_study("study").ask()
    token = leases_of(store)[-1].id
    link(store.engine, token, None)  # asked for, and not linked yet

    sweep(store)

    assert numbers(store, TrialState.RUNNING) == [2, 3]
    assert numbers(store, TrialState.RUNNING, name="copy") == [1]


def test_a_retry_that_was_queued_twice_is_tried_once(store, tmp_path):
    spec = make(store, tmp_path, n_trials=2)
    run_out(store, take(store).token)
    reap(store)
    store.optuna_study("study").enqueue_trial({}, user_attrs={trials.RETRY_OF: 0, trials.ORIGIN: 0})

    for _ in range(2):
        complete(store, take(store))

    states = [trial.state for trial in optuna_trials(store)]
    assert states == [TrialState.FAIL, TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]
    assert optuna_trials(store)[2].user_attrs[trials.REASON] == "discarded: it was queued twice"
    assert spec.n_trials == len(numbers(store, TrialState.COMPLETE))
