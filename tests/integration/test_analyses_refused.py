import pytest

from model.goal import TERMS
from tests.integration.analysed import searched, work
from tests.integration.driving import act, complete, make, take

ANALYSES = "/v1/studies/study/analyses"


@pytest.fixture
def study(store, tmp_path):
    return searched(store, tmp_path)


@pytest.mark.parametrize(
    ("request_", "field", "said"),
    [
        ({"kind": "zeroing", "seeds": 0}, "seeds", "greater than or equal to 1"),
        ({"kind": "zeroing", "seeds": -3}, "seeds", "greater than or equal to 1"),
        ({"kind": "zeroing", "seeds": 2.5}, "seeds", "integer"),
        ({"kind": "zeroing", "terms": ["{X}"]}, "terms", "valid are {F}{C}{L}"),
        ({"kind": "zeroing", "terms": []}, "terms", "at least 1"),
        ({"kind": "cumulative_zeroing", "order": ["{F}{C}", "nothing"]}, "order", "unknown terms ['nothing']"),
        ({"kind": "cumulative_zeroing", "order": ["{F}{C}", "{F}{C}"]}, "order", "named twice"),
        ({"kind": "zeroing", "goal": "no-such-preset"}, "goal", "no preset goal is called 'no-such-preset'"),
        ({"kind": "zeroing", "goal": 17}, "goal", "no trial 17"),
        ({"kind": "zeroing", "goal": -1}, "goal", "from 0 on"),
        ({"kind": "zeroing", "goal": [1.0, 2.0]}, "goal", "19 weights"),
        ({"kind": "zeroing", "goal": {"{X}": 1.0}}, "goal", "unknown terms ['{X}']"),
        ({"kind": "zeroing", "goal": None}, "goal", "the number of a trial"),
        ({"kind": "zeroing", "goal": True}, "goal", "the number of a trial"),
        ({"kind": "zeroing", "order": ["{F}{C}"]}, "body", "unknown fields ['order']"),
        ({"kind": "sensitivity", "relative": [], "absolute": []}, "absolute", "expected a change"),
        ({"kind": "sensitivity", "relative": [0.1, 0.1]}, "relative", "named twice"),
        ({"kind": "zeroing", "goal": [[[1]]]}, "goal", "the number of a trial"),
        ({"kind": "zeroing", "goal": [None]}, "goal", "the number of a trial"),
        ({"kind": "sensitivity", "relative": [0]}, "relative.0", "changes nothing"),
        ({"kind": "zeroing", "terms": ["{F}{C}", "{F}{C}"]}, "terms", "named twice"),
        ({"kind": "sensitivity", "absolute": [3]}, "absolute.0", "less than or equal to 2"),
        ({"kind": "confirmation", "top": 0}, "top", "greater than or equal to 1"),
        ({"kind": "design", "n_trials": 0}, "n_trials", "greater than or equal to 1"),
        ({"kind": "ablation"}, "body", "expected one of 'zeroing'"),
        ({"seeds": 3}, "body", "'kind' is missing"),
        ({"kind": "zeroing", "name": "no spaces"}, "name", "1 to 100 of the letters"),
    ],
)
def test_a_request_that_is_not_valid_is_refused_with_the_field_and_what_would_be(api, study, request_, field, said):
    response = api.post(ANALYSES, json=request_)

    assert response.status_code == 422
    (error, *_) = response.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]
    assert api.get(ANALYSES).json()["analyses"] == []


@pytest.mark.parametrize("state", ["running", "paused"])
def test_a_study_that_has_not_ended_cannot_be_analysed(api, store, tmp_path, state):
    make(store, tmp_path, n_trials=2)
    complete(store, take(store))
    if state == "paused":
        act(store, "pause")

    response = api.post(ANALYSES, json={"kind": "zeroing"})

    assert response.status_code == 409
    assert state in response.json()["detail"]


def test_a_stopped_study_whose_last_runs_are_ending_cannot_be_analysed_yet(api, store, tmp_path):
    make(store, tmp_path, n_trials=2)
    complete(store, take(store))
    last = take(store)
    act(store, "stop")

    refused = api.post(ANALYSES, json={"kind": "zeroing"})
    complete(store, last)

    assert refused.status_code == 409
    assert "just ending" in refused.json()["detail"]
    assert api.post(ANALYSES, json={"kind": "zeroing"}).status_code == 201


def test_a_study_without_a_complete_trial_has_no_best_goal_to_analyse(api, store, tmp_path):
    make(store, tmp_path)
    act(store, "stop")

    response = api.post(ANALYSES, json={"kind": "zeroing"})

    assert response.status_code == 409
    assert "no complete trial" in response.json()["detail"]


def test_a_study_without_goals_cannot_be_analysed(api, store, tmp_path):
    make(store, tmp_path, n_trials=1, search_space={}, network={"learning": "backpropagation"})
    complete(store, take(store))

    response = api.post(ANALYSES, json={"kind": "zeroing"})

    assert response.status_code == 409
    assert "no goals" in response.json()["detail"]


def test_a_design_of_a_study_that_searches_nothing_is_refused(api, store, tmp_path):
    searched(store, tmp_path, search_space=dict.fromkeys(TERMS, 0.0), initial_goals=[])

    response = api.post(ANALYSES, json={"kind": "design"})

    assert response.status_code == 409
    assert "all are fixed" in response.json()["detail"]


def test_an_analysis_of_an_analysis_is_refused(api, store, study):
    name = api.post(ANALYSES, json={"kind": "confirmation", "top": 1}).json()["name"]
    work(store)

    response = api.post(f"/v1/studies/{name}/analyses", json={"kind": "zeroing"})

    assert response.status_code == 409
    assert "an analysis itself" in response.json()["detail"]


def test_a_taken_name_is_a_conflict_and_nothing_is_made(api, study):
    response = api.post(ANALYSES, json={"kind": "zeroing", "name": "study"})

    assert response.status_code == 409
    assert api.get(ANALYSES).json()["analyses"] == []


def test_a_study_whose_name_leaves_no_room_wants_a_name_for_its_analysis(api, store, tmp_path):
    searched(store, tmp_path, name="s" * 95)

    response = api.post(f"/v1/studies/{'s' * 95}/analyses", json={"kind": "zeroing"})

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "name"


def test_studies_and_analyses_that_are_not_there_are_not_found(api, study):
    assert api.post("/v1/studies/other/analyses", json={"kind": "zeroing"}).status_code == 404
    assert api.get("/v1/studies/other/analyses").status_code == 404
    missing = api.get(f"{ANALYSES}/study.zeroing-1")
    assert missing.status_code == 404
    assert "it has none" in missing.json()["detail"]
