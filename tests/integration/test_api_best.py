"""The best goal of a study over HTTP: which one it is, and in which format."""

import pytest

from model.goal import BIVARIATE_TERMS, Goal
from model.goal_files import read_goals, write_goals
from service import best
from service.analyses.statistics import Summary
from service.runs import finish
from service.storage.leases import Outcome, Verdict
from tests.integration.analysed import GOAL as ANALYSED
from tests.integration.analysed import work
from tests.integration.driving import complete, fail, make, take
from tests.unit.confirmations import confirmation, finding

BEST = "/v1/studies/study/best"
GOAL = Goal.of({"{F}{C}": 0.1 + 0.2, "{FCL}": -1e-05, "H_res": 5e-324})
OTHER = Goal.of({"{FCL}": 0.5})

ENDINGS = {"yaml": ".yaml", "hydra": ".yaml", "npy": ".npy"}
MEDIA_TYPES = {"yaml": "application/yaml", "hydra": "application/x-hydra+yaml", "npy": "application/x-npy"}


def searched(store, data_dir, *results, **changes):
    """A study whose first trial has OTHER and the second GOAL, with an accuracy, or those of several networks, each."""
    initial = [OTHER.as_dict(), GOAL.as_dict()]
    spec = make(store, data_dir, **{"initial_goals": initial, "n_trials": max(2, len(results)), **changes})
    for result in results:
        if isinstance(result, tuple):
            mean = sum(result) / len(result)
            finish(store, take(store), Outcome(Verdict.COMPLETE, mean, repeats=result))
        else:
            complete(store, take(store), result)
    return spec


@pytest.fixture
def study(store, tmp_path):
    """A study of single networks, the second trial the best one."""
    return searched(store, tmp_path, 0.5, 0.75)


@pytest.fixture
def repeated(store, tmp_path):
    """A study whose first trial has the best single network, and the second the best mean."""
    return searched(store, tmp_path, (0.25, 1.0), (0.625, 0.75), repeats=2)


def test_of_single_networks_the_best_trial_is_recommended_with_a_warning(api, study):
    answer = api.get(BEST).json()

    assert (answer["number"], answer["validation_accuracy"], answer["chosen"]) == (1, 0.75, "single_trial")
    assert (answer["goal"], answer["gamma"]) == (GOAL.as_dict(), list(GOAL.gamma))
    assert answer["by_mean"] is None
    assert "lucky" in answer["note"]
    assert "confirmation" in answer["note"]


def test_the_best_single_trial_is_a_trial_with_its_best_network(api, repeated):
    single = api.get(BEST).json()["single_trial"]

    assert single.pop("best_network") == 1.0
    assert single == api.get("/v1/studies/study/trials/0").json()


def test_of_repeats_the_best_mean_is_recommended(api, repeated):
    answer = api.get(BEST).json()

    assert (answer["number"], answer["validation_accuracy"], answer["chosen"]) == (1, 0.6875, "by_mean")
    assert answer["goal"] == GOAL.as_dict()
    assert "two networks" in answer["note"]
    accuracy = answer["by_mean"].pop("validation_accuracy")
    assert answer["by_mean"] == {"trial": 1, "source": "repeats", "analysis": None}
    assert (accuracy["runs"], accuracy["mean"]) == ([0.625, 0.75], 0.6875)
    assert (
        accuracy["standard_error"] == 0.0625
    )  # the two are 0.0625 from their mean; sqrt(2 * 0.0625 ** 2 / 1) / sqrt(2)


def test_a_trial_without_repeats_has_no_mean(api, store, tmp_path):
    searched(store, tmp_path, (0.5, 0.75), 0.7, repeats=2)

    assert api.get(BEST).json()["by_mean"]["trial"] == 0


@pytest.mark.parametrize(
    ("which", "number", "accuracy", "goal"), [("single_trial", 0, 1.0, OTHER), ("by_mean", 1, 0.6875, GOAL)]
)
def test_either_goal_can_be_asked_for(api, repeated, which, number, accuracy, goal):
    answer = api.get(BEST, params={"which": which}).json()

    assert (answer["chosen"], answer["number"], answer["validation_accuracy"]) == (which, number, accuracy)
    assert answer["goal"] == goal.as_dict()


def test_a_mean_that_there_is_not_is_not_found(api, study):
    response = api.get(BEST, params={"which": "by_mean"})

    assert response.status_code == 404
    assert "no goal of study 'study' has a mean over several networks" in response.json()["detail"]


def test_there_is_no_best_goal_before_a_trial_is_complete(api, store, tmp_path):
    make(store, tmp_path)
    fail(store, take(store))

    response = api.get(BEST, params={"format": "npy"})

    assert (response.status_code, response.json()["detail"]) == (404, "study 'study' has no complete trial yet")


def test_a_confirmed_goal_goes_before_the_means_that_chose_it(store, repeated):
    report = confirmation("again", finding(1, 0.25, 0.5), finding(0, 0.5, 0.5625))

    found = best.find(store, repeated, [report])

    assert found.chosen is found.by_mean
    assert (found.by_mean.trial.number, found.by_mean.trial.goals[0]) == (0, OTHER)
    assert (found.by_mean.confirmation, found.by_mean.networks) == ("again", Summary.of((0.5, 0.5625)))


def test_a_confirmation_without_a_mean_yet_changes_nothing(store, study):
    found = best.find(store, study, [confirmation("again", finding(1), finding(0, 0.75))])

    assert (found.chosen, found.by_mean) == (found.single_trial, None)


# Formats.


@pytest.fixture
def converted(tmp_path):
    """What `infomorphic goal convert` writes into a file of the study's name."""

    def content(written_as, *goals):
        path = tmp_path / f"study{ENDINGS[written_as]}"
        write_goals(path, goals, hydra=written_as == "hydra", overwrite=True)
        return path.read_bytes()

    return content


@pytest.mark.parametrize("written_as", ENDINGS)
def test_a_format_asked_for_is_the_file_that_convert_writes(api, study, converted, written_as):
    response = api.get(BEST, params={"format": written_as}, headers={"Accept": "application/json"})

    assert (response.status_code, response.content) == (200, converted(written_as, GOAL))
    assert response.headers["content-type"] == MEDIA_TYPES[written_as]
    assert response.headers["content-disposition"] == f'attachment; filename="study{ENDINGS[written_as]}"'


@pytest.mark.parametrize("written_as", ENDINGS)
def test_the_accepted_format_is_answered(api, study, converted, written_as):
    response = api.get(BEST, headers={"Accept": f"text/html, {MEDIA_TYPES[written_as]}, application/json;q=0.9"})

    assert response.headers["content-type"] == MEDIA_TYPES[written_as]
    assert response.content == converted(written_as, GOAL)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*;q=0.1", ""])
def test_json_is_what_is_answered_otherwise(api, study, accept):
    response = api.get(BEST, headers={"Accept": accept})

    assert response.headers["content-type"] == "application/json"
    assert response.json()["goal"] == GOAL.as_dict()


def test_json_asked_for_goes_before_the_header(api, study):
    response = api.get(BEST, params={"format": "json"}, headers={"Accept": "application/x-npy"})

    assert response.json()["chosen"] == "single_trial"


@pytest.mark.parametrize("written_as", ENDINGS)
def test_what_is_downloaded_is_read_to_the_last_digit(api, study, tmp_path, written_as):
    path = tmp_path / f"best{ENDINGS[written_as]}"
    path.write_bytes(api.get(BEST, params={"format": written_as}).content)

    assert read_goals(path) == (GOAL,)


def test_the_json_answer_is_a_goal_file_of_the_recommended_goal(api, repeated, tmp_path):
    path = tmp_path / "best.json"
    path.write_bytes(api.get(BEST).content)

    assert read_goals(path) == (GOAL,)


def test_a_file_may_have_the_goal_of_the_best_single_trial(api, repeated, converted):
    response = api.get(BEST, params={"format": "npy", "which": "single_trial"})

    assert response.content == converted("npy", OTHER)


def test_a_goal_that_several_layers_share_is_written_once(api, store, tmp_path, converted):
    searched(store, tmp_path, 0.5, 0.75, network={"hidden_neurons": [6, 5]})

    assert api.get(BEST, params={"format": "yaml"}).content == converted("yaml", GOAL)


def test_goals_of_each_layer_are_written_layer_by_layer(api, store, tmp_path):
    network, space = {"hidden_neurons": [6, 5]}, {}
    goals = [[OTHER.as_dict(), GOAL.as_dict()]]
    searched(store, tmp_path, 0.5, network=network, search_space=space, goal_per_layer=True, initial_goals=goals)

    path = tmp_path / "best.npy"
    path.write_bytes(api.get(BEST, params={"format": "npy"}).content)

    assert read_goals(path) == (OTHER, GOAL)


def test_goals_of_two_sources_are_written_with_their_terms(api, store, tmp_path):
    network = {"context": []}
    goal = dict(zip(BIVARIATE_TERMS, (0.1, -0.2, 0.3, 1.0, 0.0), strict=True))
    searched(store, tmp_path, 0.5, network=network, search_space={}, initial_goals=[goal])

    path = tmp_path / "best.yaml"
    path.write_bytes(api.get(BEST, params={"format": "yaml"}).content)

    assert read_goals(path)[0].as_dict() == goal


@pytest.mark.parametrize("accept", ["text/html", "image/*", "*/*;q=0"])
def test_what_is_not_offered_is_refused_with_what_is(api, study, accept):
    response = api.get(BEST, headers={"Accept": accept})

    assert (response.status_code, response.headers["content-type"]) == (406, "application/problem+json")
    for media_type in ("application/json", *MEDIA_TYPES.values()):
        assert media_type in response.json()["detail"]


def test_an_unknown_format_is_refused_with_those_there_are(api, study):
    response = api.get(BEST, params={"format": "toml"})

    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "format")
    assert "'json', 'yaml', 'hydra' or 'npy'" in response.json()["detail"]


@pytest.fixture
def without_goals(store, tmp_path):
    searched(
        store, tmp_path, 0.5, network={"learning": "backpropagation"}, search_space={}, initial_goals=[], n_trials=1
    )


@pytest.mark.parametrize("asked", [{"params": {"format": "hydra"}}, {"headers": {"Accept": "application/x-npy"}}])
def test_networks_without_goals_have_no_goal_file(api, without_goals, asked):
    response = api.get(BEST, **asked)

    assert response.status_code == 406
    assert "have no goals" in response.json()["detail"]
    assert response.json()["detail"].endswith("; there is application/json")


def test_networks_without_goals_answer_json_where_it_will_do(api, without_goals):
    response = api.get(BEST, headers={"Accept": "application/x-npy, application/json;q=0.1"})

    assert (response.json()["goal"], response.json()["gamma"]) == ({}, [])


@pytest.mark.parametrize("accept", ["application/json", "application/yaml", "text/html"])
def test_caches_are_told_that_accept_decides(api, study, accept):
    response = api.get(BEST, headers={"Accept": accept})

    assert "Accept" in [name.strip() for name in response.headers["vary"].split(",")]


def test_a_confirmation_finds_a_better_goal_than_the_lucky_one(api, store, tmp_path):
    lucky, good = {**ANALYSED, "{F}{C}": 0.0}, ANALYSED
    make(store, tmp_path, n_trials=2, search_space={}, initial_goals=[lucky, good])
    for value in (0.9, 0.8):
        complete(store, take(store), value)
    asked = api.post("/v1/studies/study/analyses", json={"kind": "confirmation", "top": 2, "seeds": 3}).json()
    work(store)

    answer = api.get(BEST).json()

    assert (answer["chosen"], answer["number"], answer["single_trial"]["number"]) == ("by_mean", 1, 0)
    assert answer["by_mean"]["analysis"] == asked["name"]
    assert len(answer["by_mean"]["validation_accuracy"]["runs"]) == 3
    assert answer["goal"]["{F}{C}"] == ANALYSED["{F}{C}"]
