import threading
import time
from collections import Counter
from contextlib import closing

import optuna
import pytest
from optuna.trial import TrialState
from sqlalchemy import text

from model.goal import TERMS
from service.errors import LeaseLostError
from service.runs import finish, start
from service.search import trials
from service.settling import reap
from service.storage import leases
from service.storage.leases import Outcome, Verdict
from service.storage.optuna_storage import optuna_url
from service.storage.store import Store
from service.storage.tables import StudyState
from tests.integration.driving import (
    LONG,
    RELEASED,
    SEARCHED,
    act,
    assert_consistent,
    claim_without_asking,
    complete,
    delete,
    in_threads,
    leases_of,
    look,
    make,
    numbers,
    optuna_trials,
    run_out,
    take,
    take_if_any,
)


def work_until_ended(url, name="study"):
    with closing(Store.open(url, pool_size=1)) as store:
        while look(store, name).state is StudyState.RUNNING:
            if (run := take_if_any(store, threading.current_thread().name, LONG)) is None:
                time.sleep(0.01)
            else:
                complete(store, run)


def test_eight_threads_with_connections_of_their_own_reach_n_trials_exactly(store, database_url, tmp_path):
    spec = make(store, tmp_path, n_trials=21)

    in_threads(*[lambda: work_until_ended(database_url)] * 8)

    assert look(store).state is StudyState.COMPLETED
    assert numbers(store, TrialState.COMPLETE) == list(range(21))
    assert_consistent(store, spec)


def test_eight_that_claim_as_fast_as_they_can_are_given_every_run_once(store, database_url):
    with store.engine.begin() as connection:
        spec = """'{"n_trials": 2}'"""
        studies = f"SELECT 'study-' || i, {spec} FROM generate_series(1, 100) i"
        connection.execute(text(f"INSERT INTO infomorphic.studies (name, spec) {studies}"))

    def claim_all():
        with closing(Store.open(database_url, pool_size=1)) as own:
            refusals = 0
            while refusals < 50:
                refusals = 0 if claim_without_asking(own.engine) else refusals + 1

    in_threads(*[claim_all] * 8)

    assert set(Counter(lease.study_id for lease in leases_of(store)).values()) == {2}
    assert len(leases_of(store)) == 200


def test_no_more_runs_are_given_than_the_study_has_trials(store, tmp_path):
    make(store, tmp_path, n_trials=2)

    runs = [take_if_any(store, "worker", LONG) for _ in range(3)]

    assert [run is None for run in runs] == [False, False, True]


def test_studies_take_turns(store, tmp_path):
    make(store, tmp_path, "first", n_trials=10)
    make(store, tmp_path, "second", n_trials=10)

    names = [take(store).spec.name for _ in range(8)]

    assert Counter(names[:4]) == Counter(names[4:]) == {"first": 2, "second": 2}


def test_studies_share_workers_however_many_trials_each_takes_at_once(store, tmp_path):
    make(store, tmp_path, "many", n_trials=100)
    make(store, tmp_path, "few", n_trials=100)
    together = {"many": 10, "few": 1}

    taken = [start(store, f"worker/{number}", LONG, lambda spec, _: together[spec.name]) for number in range(8)]

    assert Counter(runs[0].spec.name for runs in taken) == {"many": 4, "few": 4}


def test_a_spec_that_cannot_be_understood_keeps_nobody_from_other_studies(store, tmp_path, caplog):
    make(store, tmp_path, "newer")
    make(store, tmp_path, "understood")
    with store.engine.begin() as connection:
        newer = "UPDATE infomorphic.studies SET spec = spec || '{\"unheard_of\": 1}' WHERE name = 'newer'"
        connection.execute(text(newer))

    assert [take(store).spec.name for _ in range(2)] == ["understood"] * 2
    assert "unheard_of" in caplog.text


def test_a_new_study_catches_up_with_one_that_has_runs_in_hand(store, tmp_path):
    make(store, tmp_path, "first", n_trials=10)
    for number in range(3):
        take(store, f"worker/{number}")
    make(store, tmp_path, "second", n_trials=10)

    names = [take(store, f"worker/{number}").spec.name for number in range(3, 6)]

    assert names == ["second"] * 3


@pytest.mark.parametrize("action", ["pause", "stop"])
def test_a_study_that_does_not_run_gives_nothing(store, tmp_path, action):
    make(store, tmp_path)
    act(store, action)

    assert take_if_any(store, "worker", LONG) is None


def test_a_completed_study_gives_nothing(store, tmp_path):
    make(store, tmp_path, n_trials=1)
    complete(store, take(store))

    assert look(store).state is StudyState.COMPLETED
    assert take_if_any(store, "worker", LONG) is None


def test_a_resumed_study_gives_again(store, tmp_path):
    make(store, tmp_path)
    act(store, "pause")
    act(store, "resume")

    assert take(store).asked.trial.number == 0


def test_renewing_keeps_a_lease_and_tells_the_studys_state(store, tmp_path):
    make(store, tmp_path)
    run = take(store, lease_seconds=0.2)

    running = leases.renew(store.engine, [run.token], LONG)[run.token]
    act(store, "pause")
    paused = leases.renew(store.engine, [run.token], LONG)[run.token]
    time.sleep(0.25)
    reap(store)

    assert (running, paused) == (StudyState.RUNNING, StudyState.PAUSED)
    assert leases_of(store)[0].state == "held"


@pytest.mark.parametrize(
    "call",
    [
        lambda engine, token: leases.link(engine, token, 0),
        lambda engine, token: leases.decide(engine, token, Outcome(Verdict.COMPLETE, 0.9)),
    ],
    ids=["link", "decide"],
)
@pytest.mark.parametrize("lost_by", ["expiry", "release", "deletion"])
def test_nothing_can_be_done_under_a_lost_lease(store, tmp_path, call, lost_by):
    make(store, tmp_path)
    run = take(store, "node/1")
    if lost_by == "expiry":
        run_out(store, run.token)
        reap(store)
    elif lost_by == "release":
        leases.give_back(store.engine, "node", RELEASED)
    else:
        act(store, "stop")
        delete(store)

    with pytest.raises(LeaseLostError):
        call(store.engine, run.token)


def test_a_late_result_does_not_replace_the_retry(store, tmp_path):
    make(store, tmp_path, n_trials=1)
    late = take(store)
    run_out(store, late.token)
    reap(store)

    with pytest.raises(LeaseLostError):
        finish(store, late, Outcome(Verdict.COMPLETE, 0.99))
    complete(store, take(store), 0.25)

    assert [trial.value for trial in optuna_trials(store)] == [None, 0.25]


def test_a_second_result_of_one_run_is_refused(store, tmp_path):
    make(store, tmp_path)
    run = take(store)
    complete(store, run, 0.25)

    with pytest.raises(LeaseLostError):
        complete(store, run, 0.75)

    assert optuna_trials(store)[0].value == 0.25


def test_a_pool_gives_back_only_the_runs_of_its_own_workers(store, tmp_path):
    make(store, tmp_path)
    mine, underscored, other = take(store, "a_b/1"), take(store, "a_b/2"), take(store, "axb/1")

    released = leases.give_back(store.engine, "a_b", RELEASED)

    states = {lease.id: lease.state for lease in leases_of(store)}
    assert released == 2
    assert [states[run.token] for run in (mine, underscored, other)] == ["decided", "decided", "held"]


def test_what_is_given_back_for_one_worker_is_no_other_worker_s(store, tmp_path):
    make(store, tmp_path)
    one, ten = take(store, "node/1"), take(store, "node/10")

    leases.give_back(store.engine, "node/1", Outcome(Verdict.RETRY, reason="it died"))

    states = {lease.id: lease.state for lease in leases_of(store)}
    assert [states[run.token] for run in (one, ten)] == ["decided", "held"]


def test_initial_goals_come_first_and_unchanged(store, tmp_path):
    goals = [{"{F}{C}": 0.125, "{FCL}": -1.0, "H_res": 1.0}, {"{F}{C}": 1 / 3}, {}]
    make(store, tmp_path, n_trials=4, initial_goals=goals)

    taken = [take(store).goals[0].as_dict() for _ in range(4)]

    first = [{term: weight for term, weight in goal.items() if weight} for goal in taken[:3]]
    assert first == goals
    assert taken[3]["{F}{C}"] not in {0.125, 1 / 3, 0.0}


def test_fixed_terms_are_respected_and_searched_ones_stay_in_their_range(store, tmp_path):
    space = {**dict.fromkeys(SEARCHED, 0.0), "{F}": 0.25, "{C}": {"low": -0.5, "high": -0.25}, "{L}": {"high": 0}}
    fixed = dict.fromkeys(set(TERMS) - {"{F}", "{C}", "{L}"}, 0.0)
    make(store, tmp_path, n_trials=5, search_space={**fixed, **space})

    goals = [take(store).goals[0].as_dict() for _ in range(5)]

    assert {goal["{F}"] for goal in goals} == {0.25}
    assert all(-0.5 <= goal["{C}"] <= -0.25 and -1 <= goal["{L}"] <= 0 for goal in goals)
    assert {weight for goal in goals for term, weight in goal.items() if term in fixed} == {0.0}


def test_a_trial_that_a_notebook_queued_is_taken_up(store, database_url, tmp_path):
    make(store, tmp_path)
    storage = optuna.storages.RDBStorage(optuna_url(database_url))
    notebook = optuna.load_study(study_name="study", storage=storage)
    notebook.enqueue_trial({"{F}{C}": 0.5, "{FCL}": -0.5})
    storage.engine.dispose()

    goal = take(store).goals[0].as_dict()

    assert (goal["{F}{C}"], goal["{FCL}"]) == (0.5, -0.5)


@pytest.mark.filterwarnings("ignore:Fixed parameter")
@pytest.mark.parametrize("params", [{"{F}{C}": 5.0}, {"{F}{C}": "much"}, {"{F}{C}": float("nan")}])
def test_a_queued_trial_that_is_no_goal_fails_with_the_reason_and_the_next_is_taken(store, tmp_path, params):
    make(store, tmp_path)
    store.optuna_study("study").enqueue_trial(params)

    run = take(store)

    assert run.asked.trial.number == 1
    assert optuna_trials(store)[0].state is TrialState.FAIL
    assert "parameters that no goal can have" in optuna_trials(store)[0].user_attrs[trials.REASON]


@pytest.mark.parametrize("terms", [SEARCHED[:1], SEARCHED])
def test_a_trial_that_a_notebook_added_with_parameters_keeps_them(store, tmp_path, terms):
    make(store, tmp_path)
    params, distribution = dict.fromkeys(terms, 0.5), optuna.distributions.FloatDistribution(-1, 1)
    distributions = dict.fromkeys(terms, distribution)
    own = optuna.trial.create_trial(state=TrialState.WAITING, params=params, distributions=distributions)
    store.optuna_study("study").add_trial(own)

    run = take(store)
    complete(store, run)

    found = optuna_trials(store)[0].params
    assert set(found) == set(SEARCHED)
    assert all(found[term] == run.goals[0].as_dict()[term] == 0.5 for term in terms)
    with store.engine.connect() as connection:
        written = connection.execute(text("SELECT count(*) FROM optuna.trial_params")).scalar()
    assert written == len(SEARCHED)


def test_parameters_that_are_no_terms_are_passed_over(store, tmp_path):
    make(store, tmp_path)
    store.optuna_study("study").enqueue_trial({"learning_rate": 5, "{F}{C}": 0.5})

    assert take(store).goals[0].as_dict()["{F}{C}"] == 0.5


@pytest.mark.parametrize(
    "outcome",
    [
        {"verdict": Verdict.COMPLETE},
        {"verdict": Verdict.COMPLETE, "value": float("nan")},
        {"verdict": Verdict.COMPLETE, "value": float("inf")},
        {"verdict": Verdict.FAIL, "value": 0.5},
        {"verdict": Verdict.RETRY, "value": float("nan")},
    ],
)
def test_an_outcome_has_a_finite_value_if_and_only_if_it_is_complete(outcome):
    with pytest.raises(ValueError, match="finite"):
        Outcome(**outcome)


@pytest.mark.parametrize("reason", ["a\0b", "half a pair \ud800", "x" * 10_000_000])
def test_a_reason_may_be_anything_that_an_exception_says(store, tmp_path, reason):
    make(store, tmp_path, n_trials=1)

    finish(store, take(store), Outcome(Verdict.FAIL, reason=reason))

    told = optuna_trials(store)[0].user_attrs[trials.REASON]
    assert told[0] == reason[0]
    assert len(told) <= 2000
