"""Studies of every network, from the document to the best goals, with a worker that trains them."""

import csv
import io

import numpy as np
import pytest
import torch

from model.data.digits import load_digits
from model.goal import BIVARIATE_TERMS, TERMS, Goal
from model.population import Population
from model.training import Training
from service import trials
from service.runs import Run
from service.search.trials import AskedTrial
from service.spec import StudySpec

FAST = {"epochs": 2, "batch_size": 256}
NETWORKS = {
    "setup 3": {"hidden_neurons": 6, "context": ["output"], "lateral_connections": 3},
    "deep": {"hidden_neurons": [6, 4], "lateral_connections": 3},
    "linear": {"hidden_neurons": 6, "activation": "linear"},
    "bivariate, context": {"hidden_neurons": 6, "lateral_connections": 0},
    "bivariate, lateral": {"hidden_neurons": 6, "context": []},
    "backpropagation": {"hidden_neurons": 6, "learning": "backpropagation"},
    "fixed": {"hidden_neurons": 6, "learning": "fixed"},
    "readout": {"hidden_neurons": []},
}


@pytest.fixture
def search(api, store, worker):
    """Make a study of two trials over HTTP, and have it worked on; its spec."""

    def make(ends="completed", **changes):
        document = {"name": "search", "n_trials": 2, "seed": 5, "training": FAST, **changes}
        response = api.post("/v1/studies", json=document)
        assert response.status_code == 201, response.text
        while worker.work():
            pass
        assert api.get("/v1/studies/search").json()["state"] == ends
        return StudySpec.model_validate(document)

    return make


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_trial_has_the_value_that_training_its_goals_alone_gives(search, api, store, network):
    spec = search(network=network)

    answered = api.get("/v1/studies/search/best").json()

    trial = trials.top(store, spec, 1)[0]
    seeds = Run(0, spec, AskedTrial(None, trial.goals, trial.origin)).seeds
    training = Training(spec.network, spec.training, load_digits().split(), [trial.goals], seeds)
    *_, last = training.epochs()
    assert len(trial.goals) == spec.network.n_goals
    assert answered["validation_accuracy"] == last.validation_accuracy[0]
    assert answered["goal"] == (trial.goals[0].as_dict() if trial.goals else {})


def test_a_goal_for_each_layer_is_searched_and_answered_layer_by_layer(search, api):
    space = {"{F}": 0.25, "2:{C}": {"low": 0.5}}

    search(network={"hidden_neurons": [6, 4]}, goal_per_layer=True, search_space=space, initial_goals=[])

    best = api.get("/v1/studies/search/best").json()
    assert [list(goal) for goal in best["goal"]] == [list(TERMS)] * 2
    assert best["gamma"] == [list(goal.values()) for goal in best["goal"]]
    assert [goal["{F}"] for goal in best["goal"]] == [0.25, 0.25]
    assert best["goal"][1]["{C}"] >= 0.5
    assert best["goal"][0] != best["goal"][1]


def test_a_goal_for_each_layer_is_answered_as_a_list_where_there_is_but_one_layer(search, api):
    search(network={"hidden_neurons": 6}, goal_per_layer=True, search_space={"1:{F}": 0.25}, n_trials=1)

    best = api.get("/v1/studies/search/best").json()
    assert [goal["{F}"] for goal in best["goal"]] == [0.25]


def test_initial_goals_of_several_layers_are_tried_first(search, api):
    network = {"hidden_neurons": [6, 4], "context": []}
    goals = [{"{1}": 0.5}, [0.25, 0, 0, 0, -1]]

    search(network=network, goal_per_layer=True, initial_goals=[goals])

    first = api.get("/v1/studies/search/trials/0").json()
    assert first["gamma"] == [[0.5, 0.0, 0.0, 0.0, 0.0], [0.25, 0.0, 0.0, 0.0, -1.0]]


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_bivariate_goals_are_searched_by_every_sampler(search, api, sampler):
    search(network={"hidden_neurons": 6, "context": []}, sampler=sampler, n_trials=9)

    found = api.get("/v1/studies/search/trials").json()["trials"]
    assert all(list(trial["goal"]) == list(BIVARIATE_TERMS) for trial in found)
    assert len({tuple(trial["gamma"]) for trial in found}) == 9


def test_cma_es_searches_a_goal_for_each_layer_by_generations(search, api):
    network = {"hidden_neurons": [4, 3], "lateral_connections": 0}

    search(network=network, sampler="cmaes", goal_per_layer=True, n_trials=20)

    generations = api.get("/v1/studies/search").json()["generations"]
    assert generations["size"] == 4 + int(3 * 2.0794)  # 3 ln 8
    assert (generations["complete"], generations["results_used"]) == (2, 1.0)


def test_where_all_is_fixed_trials_repeat_a_goal_with_other_seeds(search, api):
    goal = Goal.preset("heuristic").as_dict()

    search(network={"hidden_neurons": 6}, search_space=goal, n_trials=4)

    found = api.get("/v1/studies/search/trials").json()["trials"]
    assert [trial["goal"] for trial in found] == [goal] * 4
    assert len({trial["validation_accuracy"] for trial in found}) > 1


def table(api, number, name):
    response = api.get(f"/v1/studies/search/trials/{number}/artifacts/{name}")
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text)))


def test_a_trial_keeps_what_its_networks_did(search, api):
    search(network={"hidden_neurons": [6, 4]}, repeats=2)

    trial = api.get("/v1/studies/search/trials/1").json()
    listed = api.get("/v1/studies/search/trials/1/artifacts").json()
    history, confusion = table(api, 1, "history.csv"), table(api, 1, "confusion.csv")
    assert {artifact["name"] for artifact in listed} == {"history.csv", "confusion.csv"}
    assert [(line["network"], line["epoch"]) for line in history] == [("0", "1"), ("0", "2"), ("1", "1"), ("1", "2")]
    last = [float(line["validation_accuracy"]) for line in history if line["epoch"] == "2"]
    assert last == pytest.approx(trial["repeats"], rel=1e-6)
    assert all(f"hidden {layer} {term}" in history[0] for layer in (1, 2) for term in TERMS)
    of_first = [line for line in confusion if line["network"] == "0"]
    right = sum(int(line[f"predicted_{line['label']}"]) for line in of_first)
    whole = sum(int(line[f"predicted_{label}"]) for line in of_first for label in range(10))
    assert right / whole == pytest.approx(trial["repeats"][0])


def test_each_neuron_is_kept_on_request(search, api):
    search(network={"hidden_neurons": 6}, record="neurons", n_trials=1)

    content = api.get("/v1/studies/search/trials/0/artifacts/neurons.npz").content
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert {layer: array.shape for layer, array in arrays.items()} == {
            "hidden 1": (1, 2, 6, 19),
            "output": (1, 2, 10, 5),
        }


def test_nothing_is_kept_where_nothing_is_asked_for(search, api):
    search(network={"hidden_neurons": 6}, record="none", n_trials=1)

    assert api.get("/v1/studies/search/trials/0/artifacts").json() == []


@pytest.mark.usefixtures("pruner_keeps_up")
def test_a_pruned_trial_keeps_what_its_networks_did_until_then(search, api):
    search(
        network={"hidden_neurons": 6},
        n_trials=1,
        pruner={"type": "patience", "patience": 1},
        training={"epochs": 100, "batch_size": 256},
    )

    trial = api.get("/v1/studies/search/trials/0").json()
    assert trial["state"] == "pruned"
    assert len(table(api, 0, "history.csv")) == len(trial["validation_accuracies"]) < 100


@pytest.mark.parametrize(
    "broken", ["model.record.Recorder.__init__", "model.record.Recorder.observe", "worker.recording.record_files"]
)
def test_a_record_that_cannot_be_made_costs_no_result(search, api, monkeypatch, broken):
    def fail(*_given, **_options):
        raise MemoryError("no room")

    monkeypatch.setattr(broken, fail)

    search(network={"hidden_neurons": 6}, n_trials=1)

    trial = api.get("/v1/studies/search/trials/0").json()
    assert (trial["state"], trial["attempt"]) == ("complete", 1)
    assert "MemoryError: no room" in trial["left_out"]
    assert api.get("/v1/studies/search/trials/0/artifacts").json() == []


def test_a_trial_that_diverges_alone_keeps_what_was_recorded_before(search, api, monkeypatch):
    learn = Population.learn

    def learn_and_overflow(population, *batch):
        learn(population, *batch)
        if population._step > 8:  # in the second epoch
            population.tensors()["output.feedforward.weight"].fill_(torch.inf)

    monkeypatch.setattr(Population, "learn", learn_and_overflow)

    search(ends="failed", network={"hidden_neurons": 6}, n_trials=1, training={"epochs": 3, "batch_size": 256})

    assert api.get("/v1/studies/search/trials/0").json()["state"] == "fail"
    assert [line["epoch"] for line in table(api, 0, "history.csv")] == ["1"]


def test_a_network_without_goals_answers_none_whatever_is_searched_by_layer(search, api):
    search(network={"learning": "fixed", "hidden_neurons": 6}, goal_per_layer=True, n_trials=1)

    best = api.get("/v1/studies/search/best").json()
    assert (best["goal"], best["gamma"]) == ({}, [])
