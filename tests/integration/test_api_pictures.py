import io
import json

import pytest
from PIL import Image

from model.goal import TERMS
from service.attaching import attach_pictures
from service.runs import finish
from service.storage.artifacts import Artifact
from service.storage.leases import Outcome, Verdict
from tests.integration.analysed import GOAL, searched, work
from tests.integration.driving import act, complete, make, take

STUDY = "/v1/studies/study"
HISTORY = b"network,epoch,training_accuracy,validation_accuracy,hidden 1 {F}{C},hidden 1 H_res\n0,1,0.1,0.2,0.25,0.5\n"


def analyse(api, store, **request):
    response = api.post(f"{STUDY}/analyses", json=request)
    assert response.status_code == 201, response.text
    work(store)
    return response.json()["name"]


def svg(api, path, **query):
    response = api.get(path, params=query)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/svg+xml"
    return response.text


def graphs(api, store, name="study"):
    """What the dashboard shows beside a study."""
    answer = api.get(f"/api/studies/{store.optuna_study(name)._study_id}").json()
    return {each["id"]: json.loads(each["graph_object"]) for each in answer["plotly_graph_objects"]}


def test_a_studys_picture_is_its_best_goal_on_the_lattice(api, store, tmp_path):
    searched(store, tmp_path)

    drawn = svg(api, f"{STUDY}/plot.svg")

    assert [term for term in TERMS if f">{term}<" not in drawn] == []
    assert "trial 0, the best one, validation accuracy 0.7500" in drawn


@pytest.mark.parametrize(
    ("what", "shown"),
    [("history", "best so far"), ("parallel", "validation accuracy"), ("goal", "{FCL}")],
)
def test_other_pictures_of_a_study_are_asked_for_by_name(api, store, tmp_path, what, shown):
    searched(store, tmp_path, n_trials=3)

    assert shown in svg(api, f"{STUDY}/plot.svg", what=what)


def test_the_atoms_over_epochs_are_those_that_a_trials_run_recorded(api, store, tmp_path):
    make(store, tmp_path, n_trials=1)
    artifact = Artifact("history.csv", "text/csv", HISTORY)
    finish(store, take(store), Outcome(Verdict.COMPLETE, 0.5, artifacts=(artifact,)))

    drawn = svg(api, f"{STUDY}/plot.svg", what="atoms")

    assert "hidden 1" in drawn
    assert "information in bits" in drawn


def test_without_a_record_there_are_no_atoms_to_draw(api, store, tmp_path):
    searched(store, tmp_path)

    response = api.get(f"{STUDY}/plot.svg", params={"what": "atoms"})

    assert response.status_code == 404
    assert "history.csv" in response.json()["detail"]


def test_importances_of_too_few_trials_have_no_picture_and_say_how_many_are_needed(api, store, tmp_path):
    searched(store, tmp_path)

    response = api.get(f"{STUDY}/plot.svg", params={"what": "importances"})

    assert response.status_code == 409
    assert "190" in response.json()["detail"]


@pytest.mark.parametrize("kind", ["zeroing", "cumulative_zeroing", "sensitivity", "confirmation"])
def test_an_analysis_has_a_picture_also_while_it_runs(api, store, tmp_path, kind):
    searched(store, tmp_path)
    name = api.post(f"{STUDY}/analyses", json={"kind": kind, "seeds": 2}).json()["name"]
    path = f"{STUDY}/analyses/{name}/plot.svg"

    before = svg(api, path)
    work(store)
    after = svg(api, path)

    assert "study" in before
    assert before != after


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("html", b"<!doctype html>"), ("svg", b"<?xml")])
def test_a_picture_is_of_the_type_that_its_name_ends_in(api, store, tmp_path, ending, begins):
    searched(store, tmp_path)

    response = api.get(f"{STUDY}/plot.{ending}")

    assert response.content.startswith(begins)
    assert response.headers["content-disposition"] == f'inline; filename="study-goal.{ending}"'
    assert "sandbox" in response.headers["content-security-policy"]


def test_a_png_can_be_read(api, store, tmp_path):
    searched(store, tmp_path)

    with Image.open(io.BytesIO(api.get(f"{STUDY}/plot.png").content)) as picture:
        assert min(picture.size) > 500


def test_an_unknown_ending_or_subject_is_refused_with_what_there_is(api, store, tmp_path):
    searched(store, tmp_path)

    ending = api.get(f"{STUDY}/plot.gif")
    subject = api.get(f"{STUDY}/plot.svg", params={"what": "weather"})

    assert (ending.status_code, ending.json()["errors"][0]["field"]) == (422, "ending")
    assert (subject.status_code, subject.json()["errors"][0]["field"]) == (422, "what")
    assert "'goal', 'history', 'parallel', 'atoms' or 'importances'" in subject.json()["detail"]


def test_a_study_without_a_complete_trial_has_no_goal_to_draw(api, store, tmp_path):
    make(store, tmp_path)

    assert api.get(f"{STUDY}/plot.svg").status_code == 404


def test_best_goals_are_drawn_side_by_side(api, store, tmp_path):
    searched(store, tmp_path, "one")
    searched(store, tmp_path, "two")

    drawn = svg(api, "/v1/comparisons/plot.svg", study=["one", "two"])

    assert "one, trial 0" in drawn
    assert "two, trial 0" in drawn


def test_the_dashboard_shows_the_goal_and_the_analyses_of_a_study_that_has_ended(api, store, tmp_path):
    searched(store, tmp_path)
    zeroing = analyse(api, store, kind="zeroing", seeds=2)

    attach_pictures(store)

    assert graphs(api, store).keys() == {"best-goal", zeroing}
    assert graphs(api, store, zeroing).keys() == {zeroing}
    assert graphs(api, store)[zeroing]["data"]


def test_a_picture_that_the_dashboard_would_cut_off_is_not_given_to_it(api, store, tmp_path):
    layers = {"network": {"hidden_neurons": [3, 3, 3, 3]}, "goal_per_layer": True, "initial_goals": [[GOAL] * 4]}
    searched(store, tmp_path, **layers)
    zeroing = analyse(api, store, kind="zeroing", terms=["1:{F}{C}"], seeds=1)
    large = analyse(api, store, kind="zeroing", seeds=1)

    attach_pictures(store)

    assert zeroing in graphs(api, store)
    assert graphs(api, store, large) == {}
    assert svg(api, f"/v1/studies/study/analyses/{large}/plot.svg")


def test_a_study_that_runs_is_given_no_picture_yet(api, store, tmp_path):
    make(store, tmp_path, n_trials=2)
    complete(store, take(store))

    attach_pictures(store)

    assert graphs(api, store) == {}


def test_a_study_that_was_stopped_is_given_its_picture_once_all_of_its_runs_have_ended(api, store, tmp_path):
    make(store, tmp_path, n_trials=2)
    complete(store, take(store))
    last = take(store)
    act(store, "stop")
    attach_pictures(store)
    before = graphs(api, store)

    complete(store, last)
    attach_pictures(store)

    assert before == {}
    assert graphs(api, store).keys() == {"best-goal"}


def test_a_picture_is_attached_once(api, store, tmp_path, monkeypatch):
    searched(store, tmp_path)
    attach_pictures(store)
    attached = []
    monkeypatch.setattr("service.attaching.save_plotly_graph_object", lambda *given, **_: attached.append(given))

    attach_pictures(store)

    assert attached == []


def test_a_confirmation_redraws_the_best_goal(api, store, tmp_path):
    make(store, tmp_path, n_trials=2, search_space={}, initial_goals=[{**GOAL, "{F}{C}": 0.0}, GOAL])
    for value in (0.9, 0.8):
        complete(store, take(store), value)
    attach_pictures(store)
    before = graphs(api, store)["best-goal"]

    analyse(api, store, kind="confirmation", top=2, seeds=2)
    attach_pictures(store)

    assert "trial 0" in json.dumps(before)
    assert "trial 1" in json.dumps(graphs(api, store)["best-goal"])


def test_the_picture_of_an_analysis_goes_with_it(api, store, tmp_path):
    searched(store, tmp_path)
    zeroing = analyse(api, store, kind="zeroing", seeds=2)
    attach_pictures(store)

    api.delete(f"/v1/studies/{zeroing}").raise_for_status()

    assert graphs(api, store).keys() == {"best-goal"}


def test_what_cannot_be_drawn_is_tried_once_and_keeps_nothing_else_from_being_drawn(api, store, tmp_path):
    make(store, tmp_path, "empty", n_trials=1)
    act(store, "stop", "empty")
    searched(store, tmp_path)

    attach_pictures(store)

    assert graphs(api, store, "empty") == {}
    assert graphs(api, store).keys() == {"best-goal"}
