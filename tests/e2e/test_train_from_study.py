"""Training with what a running service's study found."""

import json

import pytest

import model
from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal
from tests.conftest import serving, settings_for
from tests.e2e.commands import environment
from tests.e2e.commands_here import run
from tests.integration.driving import complete, make, take
from tests.ports import free_port

GOAL = Goal.of({"{F}{C}": 0.1 + 0.2, "{F}": -1e-05, "{FCL}": 0.5})
KEY = "the-key-of-the-tests"
NETWORK = {"hidden_neurons": 6, "lateral_connections": 3, "context": ["label", "output"]}
TRAINING = {"epochs": 2, "batch_size": 16, "hidden_learning_rate": 0.01, "validation_fraction": 0.5, "data_seed": 4}


@pytest.fixture
def study(store, own_data):
    """A study on the test's own data whose best trial has GOAL."""
    make(
        store,
        own_data.parent,
        dataset="own",
        network=NETWORK,
        training=TRAINING,
        search_space={},
        n_trials=2,
        initial_goals=[{"{L}": 1.0}, GOAL.as_dict()],
    )
    for accuracy in (0.25, 0.75):
        complete(store, take(store), accuracy)


@pytest.fixture
def train(api, study, own_data):
    """`infomorphic train` with what the study found, and more arguments."""
    env = environment(INFOMORPHIC_DATA_DIR=str(own_data.parent))

    def command(*arguments, study="study"):
        url = f"{api.base_url}/studies/{study}"
        return run("train", "--threads", "1", "--from-study", url, *arguments, env=env)

    return command


def document(done):
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def line(done):
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    return done.stderr


def test_goal_network_training_and_data_are_those_of_the_study(train):
    trained = document(train("--json"))

    assert trained["goal"] == GOAL.as_dict()
    assert {field: trained["network"][field] for field in NETWORK} == NETWORK
    assert {field: trained["training"][field] for field in TRAINING} == TRAINING
    assert (trained["dataset"], trained["epochs"]) == ("own", 2)


def test_options_go_over_what_the_study_says(train):
    options = ("--hidden", "9", "--laterals", "2", "--epochs", "3", "--batch-size", "12", "--data-seed", "1")

    taken = document(train(*options, "--json"))

    assert (taken["network"]["hidden_neurons"], taken["network"]["lateral_connections"]) == (9, 2)
    assert [taken["training"][field] for field in ("epochs", "batch_size", "data_seed")] == [3, 12, 1]
    assert taken["training"]["hidden_learning_rate"] == 0.01
    assert (taken["epochs"], taken["goal"]) == (3, GOAL.as_dict())


def test_a_network_without_goals_is_trained_without(train, store, own_data):
    make(
        store,
        own_data.parent,
        "baseline",
        dataset="own",
        network={**NETWORK, "learning": "backpropagation"},
        training=TRAINING,
        search_space={},
        n_trials=1,
    )
    complete(store, take(store))

    trained = document(train("--json", study="baseline"))

    assert (trained["network"]["learning"], trained["goal"]) == ("backpropagation", {})


def test_another_data_set_goes_over_the_studys(train):
    assert document(train("--dataset", "digits", "--epochs", "1", "--json"))["dataset"] == "digits"


def test_a_goal_and_a_study_contradict_one_another(train):
    assert line(train("--goal", "heuristic")) == (
        "Error: --goal and --from-study name a goal each; expected one of them\n"
    )


def test_options_that_do_not_fit_the_studys_network_are_refused(train):
    assert line(train("--hidden", "3")).startswith("Error: --laterals: each of 3 hidden neurons has 2 others to hear")


def test_all_others_may_be_heard_in_place_of_the_studys_few(train):
    trained = document(train("--laterals", "all", "--hidden", "3", "--json"))

    assert (trained["network"]["lateral_connections"], trained["network"]["hidden_neurons"]) == (None, 3)


def test_python_trains_with_what_a_study_found(api, study, own_data):
    trained = model.train(from_study=f"{api.base_url}/studies/study", data_dir=own_data.parent, seeds=[1, 2])

    first, second = trained.networks
    assert first.goals == second.goals == (GOAL,)
    assert first.description.network == NetworkConfig(**NETWORK)
    assert first.description.training == TrainingConfig(**TRAINING)
    assert first.description.data.name == "own"


def test_the_key_is_taken_from_the_environment(database_url, study, own_data):
    env = environment(INFOMORPHIC_DATA_DIR=str(own_data.parent))
    with serving(settings_for(database_url, own_data.parent, api_key=KEY)) as api:
        command = ("train", "--threads", "1", "--from-study", f"{api.base_url}/v1/studies/study", "--json")

        assert document(run(*command, env={**env, "API_KEY": KEY}))["goal"] == GOAL.as_dict()
        assert "; set API_KEY" in line(run(*command, env=env))


def test_a_study_that_cannot_be_had_is_a_line(api):
    for url, said in (
        (f"{api.base_url}/studies/none", "there is no study named 'none'"),
        (f"http://127.0.0.1:{free_port()}/studies/study", "no service answers at http://127.0.0.1:"),
        ("study", "expected a study's address, such as http://127.0.0.1:8000/studies/NAME"),
    ):
        assert said in line(run("train", "--from-study", url, env=environment()))
