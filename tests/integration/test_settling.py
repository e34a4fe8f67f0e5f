import inspect

import pytest
from optuna.trial import TrialState

from service import settling
from service.errors import LeaseLostError
from service.runs import finish
from service.search import trials
from service.settling import reap, settle
from service.storage import claiming, leases
from service.storage.leases import Outcome, Verdict
from service.storage.store import Store
from service.storage.tables import StudyState
from service.sweeping import sweep
from tests.integration.driving import (
    LONG,
    RELEASED,
    act,
    assert_consistent,
    claim_without_asking,
    complete,
    delete,
    fail,
    in_threads,
    leases_of,
    look,
    make,
    numbers,
    optuna_trials,
    run_out,
    take,
    take_if_any,
    take_many,
)


class Crash(BaseException):
    """The process died here: nobody catches it."""


def crash_once(monkeypatch, where, name, *, after=False, error=Crash):
    """Let this function of ours die the first time that it is called, before or after it has done its work."""
    original, died = getattr(where, name), []

    def dying(*arguments, **named):
        if died:
            return original(*arguments, **named)
        died.append(True)
        if after:
            original(*arguments, **named)
        raise error

    monkeypatch.setattr(where, name, dying)


def everything(store):
    """All that settling changes."""
    stored = [
        (lease.id, lease.state, lease.trial_number, lease.outcome, lease.settled_at) for lease in leases_of(store)
    ]
    return stored, look(store), [(t.number, t.state, t.values, t.user_attrs) for t in optuna_trials(store)]


def test_a_run_whose_worker_is_not_heard_from_fails_and_its_goal_and_seed_are_tried_again(store, tmp_path):
    make(store, tmp_path)
    lost = take(store, "node/7")
    run_out(store, lost.token)

    reap(store)
    again = take(store)

    failed = optuna_trials(store)[0]
    assert failed.state is TrialState.FAIL
    assert failed.user_attrs[trials.REASON] == "its worker node/7 was not heard from in time (attempt 1 of 3)"
    assert (again.goals, again.seeds) == (lost.goals, lost.seeds)
    assert optuna_trials(store)[1].user_attrs == {trials.ATTEMPT: 2, trials.RETRY_OF: 0, trials.ORIGIN: 0}


@pytest.mark.filterwarnings("ignore:Fixed parameter")
def test_any_number_of_queued_trials_that_are_no_goal_is_passed_over_without_going_deeper(store, tmp_path, monkeypatch):
    make(store, tmp_path, n_trials=6)
    for _ in range(4):
        store.optuna_study("study").enqueue_trial({"{F}{C}": 5.0})
    claim, depths = claiming.claim, []

    def claim_at_depth(*arguments):
        depths.append(len(inspect.stack(0)))
        return claim(*arguments)

    monkeypatch.setattr(claiming, "claim", claim_at_depth)
    run = take(store)

    assert run.asked.trial.number == 4
    assert (len(depths), len(set(depths))) == (5, 1)


def test_failures_of_a_population_count_when_all_of_it_has_come_to_an_end(store, tmp_path):
    """Who diverges ends at once, long before the others complete."""
    make(store, tmp_path, n_trials=20, failure_limit=3)
    runs = take_many(store, 8)
    for run in runs[:4]:
        fail(store, run)
    after_the_first = look(store).state
    for run in runs[4:]:
        complete(store, run)
    after_all = look(store).state
    for run in take_many(store, 3):
        fail(store, run)

    assert (after_the_first, after_all) == (StudyState.RUNNING, StudyState.RUNNING)
    assert look(store).state is StudyState.FAILED


def test_different_trials_have_different_seeds(store, tmp_path):
    make(store, tmp_path)

    assert take(store).seeds != take(store).seeds


def test_a_run_that_fails_max_attempts_times_counts_as_failed(store, tmp_path):
    spec = make(store, tmp_path, n_trials=2, max_attempts=2)
    for _ in range(2):
        run_out(store, take(store).token)
        reap(store)
    complete(store, take(store))

    trial_states = [trial.state for trial in optuna_trials(store)]
    assert trial_states == [TrialState.FAIL, TrialState.FAIL, TrialState.COMPLETE]
    assert "attempt 2 of 2" in optuna_trials(store)[1].user_attrs[trials.REASON]
    assert look(store).state is StudyState.COMPLETED
    assert_consistent(store, spec)


def test_a_released_run_is_tried_again_as_the_same_attempt(store, tmp_path):
    spec = make(store, tmp_path, n_trials=1, max_attempts=1)
    released = take(store, "node/1")
    leases.give_back(store.engine, "node", RELEASED)
    reap(store)
    again = take(store)
    complete(store, again)

    assert (again.goals, again.seeds) == (released.goals, released.seeds)
    assert optuna_trials(store)[1].user_attrs[trials.ATTEMPT] == 1
    assert_consistent(store, spec)


def test_reaping_finishes_what_a_crash_between_deciding_and_telling_left(store, tmp_path):
    spec = make(store, tmp_path, n_trials=1)
    leases.decide(store.engine, take(store).token, Outcome(Verdict.COMPLETE, 0.75))

    reap(store)

    assert optuna_trials(store)[0].value == 0.75
    assert_consistent(store, spec)


def test_settling_again_changes_nothing(store, tmp_path):
    make(store, tmp_path, n_trials=2)
    first, second = take(store), take(store)
    complete(store, first)
    run_out(store, second.token)
    reap(store)
    before = everything(store)

    settle(store, first.token)
    settle(store, second.token)
    reap(store)

    assert everything(store) == before


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("where", "name"),
    [(trials, "fail"), (trials, "requeue"), (settling, "_end_if_due")],
)
def test_a_crash_at_any_step_of_a_retry_neither_loses_nor_doubles_it(store, tmp_path, monkeypatch, where, name, after):
    spec = make(store, tmp_path, n_trials=1)
    run_out(store, take(store).token)
    crash_once(monkeypatch, where, name, after=after)

    with pytest.raises(Crash):
        reap(store)
    interrupted = leases_of(store)[0].state
    reap(store)

    assert interrupted == "decided"
    assert numbers(store, TrialState.WAITING) == [1]
    complete(store, take(store))
    assert_consistent(store, spec)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("where", "name"), [(trials, "complete"), (settling, "_end_if_due")])
def test_a_crash_at_any_step_of_a_result_neither_loses_nor_doubles_it(store, tmp_path, monkeypatch, where, name, after):
    spec = make(store, tmp_path, n_trials=1)
    crash_once(monkeypatch, where, name, after=after)

    with pytest.raises(Crash):
        complete(store, take(store), 0.75)
    reap(store)

    assert [trial.value for trial in optuna_trials(store)] == [0.75]
    assert look(store).state is StudyState.COMPLETED
    assert_consistent(store, spec)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("queued", "where", "name"),
    [
        *[(False, trials, "create"), (False, leases, "link"), (False, trials, "suggest")],
        *[(True, leases, "link"), (True, trials, "begin"), (True, trials, "suggest")],
    ],
)
def test_a_worker_that_dies_while_it_asks_costs_nothing(store, tmp_path, monkeypatch, where, name, after, queued):
    spec = make(store, tmp_path, n_trials=1, initial_goals=[{"{FCL}": 0.5}] if queued else [])
    crash_once(monkeypatch, where, name, after=after)
    with pytest.raises(Crash):
        take_if_any(store, "worker", 0.001)

    reap(store)
    running = numbers(store, TrialState.RUNNING)
    again = take(store)
    complete(store, again)

    assert running == []
    assert not queued or again.goals[0].as_dict()["{FCL}"] == 0.5
    assert_consistent(store, spec)


def test_an_orphan_is_swept_while_others_are_asking(store, tmp_path, monkeypatch):
    make(store, tmp_path, n_trials=3)
    asking = claim_without_asking(store.engine, "asking", LONG)
    crash_once(monkeypatch, leases, "link")
    with pytest.raises(Crash):
        take_if_any(store, "dead", 0.001)
    store.optuna_study("study").ask()  # a notebook's own trial, which is none of our business

    reap(store)

    states = [trial.state for trial in optuna_trials(store)]
    assert states == [TrialState.FAIL, TrialState.RUNNING, TrialState.WAITING]
    assert {lease.id: lease.state for lease in leases_of(store)}[asking.token] == "held"


def test_a_worker_that_asks_after_its_lease_leaves_nothing_running_and_no_trial_too_many(store, tmp_path, monkeypatch):
    spec = make(store, tmp_path, n_trials=1, max_attempts=1)
    create = trials.create

    def held_up(study, token):
        run_out(store, token)
        reap(store)
        monkeypatch.setattr(trials, "create", create)
        complete(store, take(store, "another"))
        return create(study, token)

    monkeypatch.setattr(trials, "create", held_up)
    with pytest.raises(LeaseLostError):
        take_if_any(store, "late", LONG)

    sweep(store)

    assert look(store).state is StudyState.COMPLETED
    assert numbers(store, TrialState.COMPLETE) == [0]
    assert numbers(store, TrialState.RUNNING) == []
    assert look(store).told == spec.n_trials
    assert_consistent(store, spec)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_a_lease_that_runs_out_while_its_trial_is_asked_for_is_lost(store, tmp_path, monkeypatch, sampler):
    spec = make(store, tmp_path, n_trials=1, sampler={"type": sampler, "n_startup_trials": 0})
    suggest = trials.suggest

    def held_up(*arguments):
        run_out(store, *[lease.id for lease in leases_of(store)])
        reap(store)
        monkeypatch.setattr(trials, "suggest", suggest)
        return suggest(*arguments)

    monkeypatch.setattr(trials, "suggest", held_up)
    with pytest.raises(LeaseLostError):
        take_if_any(store, "late", LONG)

    complete(store, take(store))
    assert_consistent(store, spec)


def test_a_trial_that_cannot_be_sampled_is_tried_again_and_then_fails_with_what_was_raised(
    store, tmp_path, monkeypatch
):
    spec = make(store, tmp_path, n_trials=1, max_attempts=2)

    def fails(*_):
        raise RuntimeError("the covariance is not positive")

    monkeypatch.setattr(trials, "suggest", fails)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="covariance"):
            take_if_any(store, "worker", LONG)

    last = optuna_trials(store)[-1]
    assert last.user_attrs[trials.REASON] == "RuntimeError: the covariance is not positive (attempt 2 of 2)"
    assert look(store).state is StudyState.FAILED
    assert_consistent(store, spec)


def test_a_run_that_cannot_be_settled_keeps_no_other_from_being_settled(store, tmp_path, monkeypatch, caplog):
    make(store, tmp_path, n_trials=2)
    for _ in range(2):
        leases.decide(store.engine, take(store).token, Outcome(Verdict.COMPLETE, 0.5))
    crash_once(monkeypatch, trials, "complete", error=ArithmeticError)

    reap(store)

    assert [lease.state for lease in leases_of(store)] == ["decided", "told"]
    assert "ArithmeticError" in caplog.text


def test_the_last_two_that_settle_at_once_complete_the_study(store, database_url, tmp_path):
    for attempt in range(3):
        name = f"study-{attempt}"
        make(store, tmp_path, name, n_trials=2)
        runs = [take(store), take(store)]

        def finish_alone(run):
            other = Store.open(database_url, pool_size=1)
            complete(other, run)
            other.close()

        in_threads(*[lambda run=run: finish_alone(run) for run in runs])

        assert look(store, name).state is StudyState.COMPLETED


def test_many_that_reap_at_once_settle_everything_once(store, database_url, tmp_path):
    make(store, tmp_path, n_trials=6)
    for _ in range(6):
        run_out(store, take(store).token)

    def reap_alone():
        other = Store.open(database_url, pool_size=1)
        reap(other)
        other.close()

    in_threads(*[reap_alone] * 4)
    reap(store)

    assert numbers(store, TrialState.FAIL) == list(range(6))
    assert len(numbers(store, TrialState.WAITING)) == 6


def test_failures_in_a_row_end_the_study_with_the_reason(store, tmp_path):
    make(store, tmp_path, n_trials=10, failure_limit=2)
    for action in (fail, complete, fail, fail):
        action(store, take(store))

    study = look(store)

    assert study.state is StudyState.FAILED
    assert study.reason == "2 trials in a row failed; the last one: it diverged"
    assert take_if_any(store, "worker", LONG) is None


def test_a_study_whose_every_trial_failed_has_failed(store, tmp_path):
    make(store, tmp_path, n_trials=2, failure_limit=10)
    fail(store, take(store))
    fail(store, take(store))

    assert look(store).state is StudyState.FAILED


def test_resuming_a_failed_study_tries_its_failures_again_within_its_budget(store, tmp_path):
    spec = make(store, tmp_path, n_trials=5, failure_limit=2)
    fail(store, take(store))  # before the last complete one: stays failed
    complete(store, take(store))
    failures = [take(store), take(store)]
    for run in failures:
        fail(store, run)

    act(store, "resume")
    reap(store)
    again = [take(store), take(store)]
    rest = take(store)
    nothing = take_if_any(store, "worker", LONG)
    for run in (*again, rest):
        complete(store, run)

    assert [(run.goals, run.seeds) for run in again] == [(run.goals, run.seeds) for run in failures]
    assert nothing is None
    assert look(store).state is StudyState.COMPLETED
    assert len(numbers(store, TrialState.COMPLETE)) == 4
    assert_consistent(store, spec)


def test_a_failed_study_can_be_resumed_again_and_again(store, tmp_path):
    spec = make(store, tmp_path, n_trials=2, failure_limit=1)
    for _ in range(3):
        fail(store, take(store))
        assert look(store).state is StudyState.FAILED
        act(store, "resume")
        reap(store)
    complete(store, take(store))
    complete(store, take(store))

    assert look(store).state is StudyState.COMPLETED
    assert_consistent(store, spec)


def test_a_run_in_hand_of_a_failed_study_still_counts(store, tmp_path):
    spec = make(store, tmp_path, n_trials=2, failure_limit=1)
    in_hand = take(store)
    fail(store, take(store))
    complete(store, in_hand)

    act(store, "resume")
    reap(store)
    complete(store, take(store))

    assert look(store).state is StudyState.COMPLETED
    assert_consistent(store, spec)


def test_a_stopped_run_keeps_its_trial_with_the_reason(store, tmp_path):
    make(store, tmp_path)
    run = take(store)
    act(store, "stop")
    seen = leases.renew(store.engine, [run.token], LONG)[run.token]
    finish(store, run, Outcome(Verdict.STOPPED, reason="the study was stopped"))

    assert seen is StudyState.STOPPED
    assert optuna_trials(store)[0].user_attrs[trials.REASON] == "the study was stopped"
    assert numbers(store, TrialState.WAITING, TrialState.RUNNING) == []
    assert look(store).state is StudyState.STOPPED


def test_nothing_is_queued_for_a_stopped_study(store, tmp_path):
    make(store, tmp_path)
    run = take(store)
    act(store, "stop")
    run_out(store, run.token)

    reap(store)

    assert [trial.state for trial in optuna_trials(store)] == [TrialState.FAIL]


def test_what_was_resumed_and_then_stopped_before_it_was_queued_stays_failed_with_its_reason(store, tmp_path):
    make(store, tmp_path, n_trials=2, failure_limit=1)
    fail(store, take(store), "it diverged")
    act(store, "resume")
    act(store, "stop")

    reap(store)

    assert (look(store).told, numbers(store, TrialState.WAITING)) == (1, [])
    assert leases_of(store)[0].outcome["reason"] == "it diverged"


def test_a_paused_study_completes_with_the_runs_in_hand(store, tmp_path):
    make(store, tmp_path, n_trials=1)
    run = take(store)
    act(store, "pause")

    complete(store, run)

    assert look(store).state is StudyState.COMPLETED


def test_a_study_that_is_deleted_while_its_runs_are_settled_goes_without_a_deadlock(store, database_url, tmp_path):
    for attempt in range(3):
        name = f"study-{attempt}"
        make(store, tmp_path, name, n_trials=4)
        tokens = [take(store).token for _ in range(3)]
        act(store, "stop", name)
        for token in tokens:
            leases.decide(store.engine, token, Outcome(Verdict.STOPPED))

        in_threads(
            *[lambda token=token: settle(store, token) for token in tokens], lambda name=name: delete(store, name)
        )

        assert store.trials.get_all_studies() == []


def test_a_study_whose_trials_were_deleted_in_optuna_fails_and_stops_no_other(store, tmp_path):
    make(store, tmp_path, "gone", n_trials=4)
    run = take(store)
    make(store, tmp_path, "stays", n_trials=1)
    store.trials.delete_study(store.trials.get_study_id_from_name("gone"))

    complete(store, run)
    complete(store, take(store))

    assert look(store, "gone").state is StudyState.FAILED
    assert "deleted in Optuna" in look(store, "gone").reason
    assert look(store, "stays").state is StudyState.COMPLETED


def test_asking_for_a_trial_of_a_study_that_is_gone_is_refused_and_not_asked_again(store, tmp_path):
    make(store, tmp_path)
    store.trials.delete_study(store.trials.get_study_id_from_name("study"))

    with pytest.raises(LeaseLostError):
        take_if_any(store, "worker", LONG)

    assert take_if_any(store, "worker", LONG) is None
    assert look(store).held == 0
    delete(store)
