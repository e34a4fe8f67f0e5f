"""Analyses of which goals fail, diverge, or are stopped: what is said of them, and how they are mended."""

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.runs import finish
from service.search.trials import DIVERGED
from service.storage.leases import Outcome, Verdict
from service.storage.tables import Study
from tests.integration.analysed import finish_run, searched, work
from tests.integration.driving import act, delete, fail, take_many
from tests.patience import eventually

ANALYSES = "/v1/studies/study/analyses"


def ask(api, **request):
    response = api.post(ANALYSES, json={"seeds": 3, **request})
    assert response.status_code == 201, response.text
    return response.json()


def see(api, name):
    return api.get(f"{ANALYSES}/{name}").json()


def fail_without(store, term, reason):
    """Finish the runs of an analysis, but for those of goals whose weight of a term is zero."""
    for run in take_many(store, 10):
        if run.goals[0].as_dict()[term] == 0:
            fail(store, run, reason)
        else:
            finish_run(store, run)


def order_of(analysis):
    return [variant["weight"] for variant in analysis["variants"] if variant["before"]]


@pytest.fixture
def study(store, tmp_path):
    searched(store, tmp_path)


def test_a_weight_without_which_networks_diverge_is_set_to_zero_last(api, store, study):
    asked = ask(api, kind="cumulative_zeroing")
    fail_without(store, "{F}{L}", f"{DIVERGED}a weight is no longer finite")
    work(store)

    found = see(api, asked["name"])

    assert found["state"] == "completed"
    assert order_of(found) == ["{FCL}", "{F}{C}", "{F}{L}"]


def test_no_order_is_taken_from_a_zeroing_of_which_a_goal_failed(api, store, study):
    asked = ask(api, kind="cumulative_zeroing")
    fail_without(store, "{F}{L}", "OSError: the disk is full")
    work(store)

    found = see(api, asked["name"])

    assert found["state"] == "failed"
    assert found["reason"].startswith("study.zeroing-1, whose results it needs, has none for {F}{L}, which failed")
    assert found["warnings"] == []


def test_failed_goals_of_a_completed_analysis_are_tried_again_when_it_is_resumed(api, store, study):
    asked = ask(api, kind="cumulative_zeroing")
    fail_without(store, "{F}{L}", "OSError: the disk is full")
    work(store)
    broken = see(api, "study.zeroing-1")

    act(store, "resume", "study.zeroing-1")
    act(store, "resume", asked["name"])
    trained = work(store)

    assert (broken["state"], broken["warnings"][0]) == (
        "completed",
        "1 of 4 goals failed; resume study.zeroing-1 to have them tried again",
    )
    assert len(trained) == 1 + 4
    assert see(api, "study.zeroing-1")["warnings"] == []
    assert order_of(see(api, asked["name"])) == ["{F}{L}", "{FCL}", "{F}{C}"]


def test_a_completed_analysis_in_which_nothing_failed_is_not_resumed(api, store, study):
    name = ask(api, kind="zeroing")["name"]
    work(store)

    response = api.post(f"/v1/studies/{name}/resume")

    assert response.status_code == 409
    assert see(api, name)["state"] == "completed"


def test_a_completed_search_is_not_resumed_for_its_failures(api, store, tmp_path):
    searched(store, tmp_path, n_trials=1)
    searched(store, tmp_path, "other", n_trials=2, failure_limit=2)
    assert api.post("/v1/studies/other/resume").status_code == 409


def test_of_a_stopped_analysis_what_was_not_complete_is_stopped(api, store, study):
    name = ask(api, kind="zeroing")["name"]
    baseline, running, cut_short = take_many(store, 3)
    finish_run(store, baseline)
    act(store, "stop", name)
    finish(store, running, Outcome(Verdict.STOPPED, reason="the study was stopped after epoch 1 of 2"))
    finish(store, cut_short, Outcome(Verdict.RELEASED, reason="its worker was shut down"))

    found = see(api, name)

    assert [variant["state"] for variant in found["variants"] if variant["before"]] == ["stopped"] * 3
    assert (found["finished"], found["n_trials"]) == (1, 4)
    assert "it ended before all was trained: of 3 goals nothing is known" in found["warnings"]
    assert api.get(f"/v1/studies/{name}").json()["finished"] == 1


def test_a_design_too_small_for_importances_says_so(api, store, tmp_path):
    searched(store, tmp_path, search_space={"{F}{C}": {"low": 0.0, "high": 1.0}, "{FCL}": -0.25, "{F}{L}": 0.125})

    small, large = ask(api, kind="design", n_trials=8), ask(api, kind="design", n_trials=256)

    assert small["warnings"] == ["importances of 17 searched weights need at least 170 trials"]
    assert large["warnings"] == []


def test_what_an_analysis_starts_from_is_said(api, store, study):
    asked = [ask(api, kind="zeroing", goal=goal) for goal in ("best", 0, "heuristic", [0.5] * 19)]

    assert [each["goal"] for each in asked] == ["best", "trial 0", "heuristic", "a given goal"]
    assert [each["baseline"]["label"] for each in asked] == ["trial 0", "trial 0", "heuristic", "a given goal"]
    assert ask(api, kind="confirmation")["goal"] is None


def test_a_deleted_analysis_locks_the_study_that_it_is_of_before_itself_as_who_makes_one_does(api, store, study):
    name = ask(api, kind="zeroing")["name"]
    work(store)
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    own = select(Study.id).where(Study.name == name)

    def look(query):
        with Session(store.engine) as session:
            return session.scalar(query)

    with Session(store.engine) as making:
        making.execute(select(Study.id).where(Study.name == "study").with_for_update(key_share=True))
        deleting = threading.Thread(target=lambda: delete(store, name))
        deleting.start()
        eventually(lambda: look(waits))
        assert making.scalar(own.with_for_update(read=True, key_share=True, nowait=True)) is not None
        making.commit()
    deleting.join(60)

    assert look(own) is None


def test_two_seeds_come_with_a_warning_and_no_accuracy_is_said_to_be_impossible(api, store, study):
    name = ask(api, kind="confirmation", seeds=2)["name"]
    (run,) = take_many(store, 10)
    finish(store, run, Outcome(Verdict.COMPLETE, 0.75, repeats=(0.5, 1.0)))

    found = see(api, name)

    assert "with two seeds" in found["warnings"][0]
    assert found["baseline"]["validation_accuracy"]["t_interval"] == [0, 1]


def test_the_best_of_an_analysis_is_said_not_to_be_searched_for(api, store, study):
    name = ask(api, kind="zeroing")["name"]
    work(store)

    assert "not searched for" in api.get(f"/v1/studies/{name}/best").json()["note"]


def test_goals_that_diverged_are_not_said_to_be_mended_by_trying_again(api, store, study):
    name = ask(api, kind="zeroing")["name"]
    fail_without(store, "{F}{L}", f"{DIVERGED}a weight is no longer finite")

    assert see(api, name)["warnings"] == ["1 of 4 goals failed"]
