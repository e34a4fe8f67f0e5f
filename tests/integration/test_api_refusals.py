import json
from contextlib import closing

import pytest

from model.goal import TERMS
from service.storage.store import Store
from tests.conftest import database, serving, settings_for

STUDIES = "/v1/studies"
VALID = {"name": "mnist", "n_trials": 2}
JSON = {"content-type": "application/json"}
PROBLEM = "application/problem+json"


def refused(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    problem = response.json()
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert problem["title"]
    assert problem["detail"]
    return problem


def assert_nothing_was_made(api, store):
    assert api.get(STUDIES).json() == {"studies": [], "total": 0}
    assert store.trials.get_all_studies() == []


@pytest.fixture(scope="module")
def refusing_api(migrated_template, postgres_server, tmp_path_factory):
    """A service that is only asked for what it refuses: one for all these tests, and nothing may have been made."""
    with (
        database(postgres_server, "refusals", migrated_template) as url,
        closing(Store.open(url)) as store,
        serving(settings_for(url, tmp_path_factory.mktemp("data"))) as client,
    ):
        yield client
        assert_nothing_was_made(client, store)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": "with space"}, "name", "letters"),
        ({"name": ""}, "name", "1 to 100"),
        ({"name": "x" * 101}, "name", "1 to 100"),
        ({"name": "../etc"}, "name", "the first a letter or digit"),
        ({"name": "nul\0"}, "name", "letters"),
        ({"name": 5}, "name", "string"),
        ({"name": "\ud800"}, "name", "letters"),
        ({"dataset": "imagenet"}, "dataset", "digits, mnist, fashion-mnist, cifar10"),
        ({"dataset": "\ud800"}, "dataset", "unicode"),
        ({"dataset": "../secret"}, "dataset", "digits"),
        ({"sampler": "random"}, "sampler", "'tpe', 'cmaes'"),
        ({"pruner": "wilcoxon"}, "pruner", "'median', 'hyperband', 'patience'"),
        ({"pruner": {"type": "median", "patience": 3}}, "pruner", "valid are type, n_startup_trials"),
        ({"pruner": {"type": "patience", "patience": -1}}, "pruner.patience", "greater than or equal to 0"),
        ({"pruner": {"type": "hyperband", "reduction_factor": 1}}, "pruner.reduction_factor", "greater than"),
        (
            {"pruner": {"type": "hyperband", "min_resource": 11}, "training": {"epochs": 10}},
            *("pruner", "min_resource 11 is more than the 10 epochs of a trial"),
        ),
        ({"repeats": 0}, "repeats", "greater than or equal to 1"),
        ({"repeats": 2.5}, "repeats", "integer"),
        ({"trials_per_worker": 0}, "trials_per_worker", '"auto" or a whole number from 1 to 10000'),
        ({"trials_per_worker": "all"}, "trials_per_worker", '"auto" or a whole number from 1 to 10000'),
        ({"trials_per_worker": 500, "repeats": 50}, "trials_per_worker", "500 trials of 50 networks are more than"),
        ({"sampler": {}}, "sampler", "'type' is missing"),
        ({"sampler": {"type": "tpe", "gamma": 3}}, "sampler", "unknown fields ['gamma']; valid are type, n_startup"),
        (
            {"sampler": {"type": "tpe", "n_startup_trials": -1}},
            "sampler.n_startup_trials",
            "greater than or equal to 0",
        ),
        ({"sampler": {"type": "cmaes", "population_size": 3}}, "sampler.population_size", "greater than or equal to 4"),
        ({"search_space": {"{X}": {}}}, "search_space", "unknown terms ['{X}']; valid are {F}{C}{L}"),
        ({"search_space": {"\ud800": 0}}, "search_space", "valid are {F}{C}{L}"),
        ({"search_space": {"{F}": {"low": -1.5}}}, "search_space.{F}.low", "greater than or equal to -1"),
        ({"search_space": {"{F}": {"high": 2}}}, "search_space.{F}.high", "less than or equal to 1"),
        ({"search_space": {"{F}": {"low": 0.5, "high": 0.25}}}, "search_space.{F}", "low must be less than high"),
        ({"search_space": {"{F}": {"low": 0.5, "high": 0.5}}}, "search_space.{F}", "low must be less than high"),
        ({"search_space": {"{F}": {"min": 0}}}, "search_space.{F}", "valid are low, high"),
        ({"search_space": {"{F}": 1.5}}, "search_space.{F}", "less than or equal to 1"),
        ({"search_space": {"{F}": "wide"}}, "search_space.{F}", '{"low": ..., "high": ...}'),
        ({"search_space": {"{F}": True}}, "search_space.{F}", '{"low": ..., "high": ...}'),
        ({"search_space": {"{F}": None}}, "search_space.{F}", '{"low": ..., "high": ...}'),
        ({"search_space": []}, "search_space", "JSON object"),
        ({"search_space": {"1:{F}": 0}}, "search_space", "unknown terms ['1:{F}']; valid are {F}{C}{L}"),
        (
            {"search_space": {"3:{F}": 0}, "goal_per_layer": True, "network": {"hidden_neurons": [6, 4]}},
            *("search_space", "H_res, alone or as in '1:{F}{C}{L}' for one layer"),
        ),
        ({"search_space": {"{F}": 0}, "network": {"context": []}}, "search_space", "valid are {1}, {2}, {1}{2}"),
        (
            {"search_space": {"{F}": 0}, "network": {"learning": "backpropagation"}},
            *("search_space", "the network's hidden layers have no goals"),
        ),
        (
            {"sampler": "cmaes", "network": {"learning": "fixed"}},
            *("search_space", "0 terms have a range; the sampler needs at least 2"),
        ),
        ({"record": "all"}, "record", "'layers', 'neurons' or 'none'"),
        ({"record": "neurons", "repeats": 100, "training": {"epochs": 100}}, "record", "more than 32; expected"),
        (
            {"record": "neurons", "repeats": 100, "training": {"epochs": 2000}, "network": {"hidden_neurons": []}},
            *("record", "each neuron of each epoch would be 38 MiB a trial"),  # the output layer's alone
        ),
        ({"goal_per_layer": "yes"}, "goal_per_layer", "boolean"),
        ({"sampler": "cmaes", "search_space": dict.fromkeys(TERMS[1:], 0)}, "search_space", "at least 2"),
        ({"n_trials": 0}, "n_trials", "greater than or equal to 1"),
        ({"n_trials": -5}, "n_trials", "greater than or equal to 1"),
        ({"n_trials": 10**9}, "n_trials", "less than or equal to 100000"),
        ({"n_trials": 10**400}, "n_trials", "less than or equal to 100000"),
        ({"n_trials": 1.5}, "n_trials", "integer"),
        ({"n_trials": "many"}, "n_trials", "integer"),
        ({"n_trials": None}, "n_trials", "integer"),
        ({"n_trials": True}, "n_trials", "integer"),
        ({"n_trials": "5"}, "n_trials", "integer"),
        ({"seed": True}, "seed", "integer"),
        ({"sampler": {"type": "tpe", "multivariate": "off"}}, "sampler.multivariate", "boolean"),
        (
            {"sampler": {"type": "cmaes", "use_separable_cma": True, "lr_adapt": True}},
            "sampler",
            "use_separable_cma and lr_adapt exclude each other",
        ),
        ({"search_space": {"{F}": {"low": False}}}, "search_space.{F}.low", "number"),
        ({"search_space": {"{F}": {"low": 0, "high": 5e-324}}}, "search_space.{F}", "by 1e-09 at least"),
        ({"training": {"epochs": True}}, "training.epochs", "integer"),
        ({"training": {"hidden_learning_rate": "0.1"}}, "training.hidden_learning_rate", "number"),
        ({"training": {"validation_fraction": 1e-9}}, "training.validation_fraction", "greater than or equal to 0.01"),
        ({"network": {"output_goal": [True, 0, 0, 0, 0]}}, "network.output_goal.0", "number"),
        ({"seed": -1}, "seed", "greater than or equal to 0"),
        ({"seed": 2**31}, "seed", "less than 2147483648"),
        ({"network": {"hidden_neurons": 0}}, "network.hidden_neurons", "a whole number from 1 to 10000"),
        ({"network": {"hidden_neurons": [100, "x"]}}, "network.hidden_neurons", "one for each hidden layer"),
        ({"network": {"context": ["images"]}}, "network.context.0", "'label' or 'output'"),
        ({"network": {"lateral_connections": -1}}, "network.lateral_connections", "greater than or equal to 0"),
        ({"network": {"lateral_connections": 100}}, "network.lateral_connections", "expected 0 to 99"),
        ({"network": {"context": [], "lateral_connections": 0}}, "network.lateral_connections", "a second source"),
        ({"network": {"context": [], "activation": "linear"}}, "network.activation", "has three sources"),
        ({"initial_goals": [[0.0] * 19], "network": {"context": []}}, "initial_goals.0", "5 weights in the order {1}"),
        (
            {"initial_goals": [["heuristic"] * 3], "network": {"hidden_neurons": [6, 4]}},
            *("initial_goals.0", "one goal for all hidden layers, or 2, one for each; got 3"),
        ),
        (
            {"initial_goals": [["heuristic", {"{F}": 1}]], "network": {"hidden_neurons": [6, 4]}},
            *("initial_goals.0", "the study searches one goal for all hidden layers; set goal_per_layer"),
        ),
        (
            {"initial_goals": ["heuristic"], "network": {"learning": "backpropagation"}},
            *("initial_goals.0", "have no goals; expected no initial goals"),
        ),
        ({"network": {"output_goal": [1, 2]}}, "network.output_goal", ""),
        ({"training": {"epochs": 0}}, "training.epochs", "greater than or equal to 1"),
        ({"training": {"optimizer": "sgd"}}, "training", "unknown fields ['optimizer']; valid are epochs"),
        ({"initial_goals": ["nonsense"]}, "initial_goals.0", "heuristic"),
        ({"initial_goals": [[0.0] * 18]}, "initial_goals.0", "19"),
        ({"initial_goals": [[0.0] * 18 + [1.5]]}, "initial_goals.0", "[-1, 1]"),
        ({"initial_goals": [[10**400] + [0] * 18]}, "initial_goals.0", "[-1, 1]"),
        ({"initial_goals": [{"{X}": 1}]}, "initial_goals.0", "{F}{C}{L}"),
        ({"initial_goals": [5]}, "initial_goals.0", "19 numbers"),
        ({"initial_goals": ["heuristic"] * 3}, "initial_goals", "3 goals do not fit into 2 trials"),
        ({"initial_goals": [{"{F}": 0.5}], "search_space": {"{F}": 0.25}}, "initial_goals.0", "fixes it to 0.25"),
        (
            {"initial_goals": [{"{F}": 1}], "search_space": {"{F}": {"high": 0}}},
            "initial_goals.0",
            "its range [-1.0, 0.0]",
        ),
        ({"max_attempts": 0}, "max_attempts", "greater than or equal to 1"),
        ({"failure_limit": 0}, "failure_limit", "greater than or equal to 1"),
        ({"priority": 5}, "body", "unknown fields ['priority']; valid are name, dataset"),
        ({"\ud800": 5}, "body", "valid are name, dataset"),
    ],
)
def test_a_field_that_is_not_valid_is_named_with_what_would_be(refusing_api, change, field, words):
    response = refusing_api.post(STUDIES, content=json.dumps({**VALID, **change}), headers=JSON)

    errors = refused(response, 422)["errors"]
    assert field in {error["field"] for error in errors} or any(e["field"].startswith(f"{field}.") for e in errors)
    assert words in response.json()["detail"]
    assert "pattern" not in response.json()["detail"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
@pytest.mark.parametrize(
    ("document", "field"),
    [
        ('{"name": "a", "search_space": {"{F}": %s}}', "search_space.{F}"),
        ('{"name": "a", "search_space": {"{F}": {"low": %s}}}', "search_space.{F}.low"),
        ('{"name": "a", "n_trials": %s}', "n_trials"),
        ('{"name": %s}', "name"),
        ('{"name": "a", "initial_goals": [{"{F}": %s}]}', "initial_goals.0"),
        ('{"name": "a", "training": {"hidden_learning_rate": %s}}', "training.hidden_learning_rate"),
        ('{"name": "a", "priority": %s}', "body"),
    ],
)
def test_a_number_that_is_not_finite_is_refused(refusing_api, document, field, number):
    response = refusing_api.post(STUDIES, content=document % number, headers=JSON)

    assert field in {error["field"] for error in refused(response, 422)["errors"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"name=mnist", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'"mnist"', 422),
        (b'{"name": "a", "n_trials": ' + b"9" * 5000 + b"}", 400),
        (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b"\xff\xfe{", 400),
        (b'{"name": "\xff"}', 400),
    ],
    ids=["empty", "cut off", "form", "list", "null", "string", "long number", "deep", "utf-16", "not utf-8"],
)
def test_a_body_that_is_no_document_is_refused(refusing_api, body, status):
    refused(refusing_api.post(STUDIES, content=body, headers=JSON), status)


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", None])
def test_a_body_of_another_media_type_is_refused_with_the_right_one(refusing_api, media_type):
    headers = {} if media_type is None else {"content-type": media_type}

    problem = refused(refusing_api.post(STUDIES, content=json.dumps(VALID), headers=headers), 422)

    assert "Content-Type: application/json" in problem["detail"]


def test_a_body_that_announces_too_much_is_refused(refusing_api):
    response = refusing_api.post(STUDIES, content=b" " * (2**20 + 1), headers=JSON)

    assert "1048576 bytes" in refused(response, 413)["detail"]


def test_a_body_that_turns_out_too_long_is_refused(refusing_api):
    chunks = (b" " * 2**16 for _ in range(20))

    refused(refusing_api.post(STUDIES, content=chunks, headers=JSON), 413)


def test_what_a_refusal_quotes_is_shortened(refusing_api):
    document = {"name": "a", "search_space": {f"{'x' * 1000}{i}": "no" for i in range(500)}}

    response = refusing_api.post(STUDIES, json=document)

    assert len(refused(response, 422)["errors"]) == 20
    assert len(response.content) < 100_000


@pytest.mark.parametrize(
    ("method", "path", "status", "field"),
    [
        ("GET", f"{STUDIES}/%00", 422, "name"),
        ("GET", f"{STUDIES}/a%00b/trials", 422, "name"),
        ("GET", f"{STUDIES}/{'x' * 101}", 422, "name"),
        ("GET", f"{STUDIES}/%ff", 422, "name"),
        ("DELETE", f"{STUDIES}/a%20b", 422, "name"),
        ("POST", f"{STUDIES}/a/explode", 422, "action"),
        ("GET", f"{STUDIES}/a/trials/minus", 422, "number"),
        ("GET", f"{STUDIES}/a/trials/-1", 422, "number"),
        ("GET", f"{STUDIES}/a/trials/{10**30}", 422, "number"),
        ("GET", f"{STUDIES}?offset=-1", 422, "offset"),
        ("GET", f"{STUDIES}?offset={10**30}", 422, "offset"),
        ("GET", f"{STUDIES}?limit=0", 422, "limit"),
        ("GET", f"{STUDIES}?limit=1001", 422, "limit"),
        ("GET", f"{STUDIES}?state=sleeping", 422, "state"),
        ("GET", f"{STUDIES}/a/trials?state=sleeping", 422, "state"),
        ("GET", f"{STUDIES}?stat=running", 422, "stat"),
        ("GET", f"{STUDIES}/a/plot.svg?waht=history", 422, "waht"),
        ("GET", f"{STUDIES}/a/plot.svg?what=history&trial=3", 422, "trial"),
        ("POST", f"{STUDIES}/a/pause?at=once", 422, "at"),
        ("GET", "/v1/goals?kind=trivariate", 422, "kind"),
        ("GET", "/v1/nothing", 404, None),
        ("GET", "/%00", 404, None),
        ("PUT", STUDIES, 405, None),
        ("PATCH", f"{STUDIES}/a", 405, None),
        ("POST", "/healthz", 405, None),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(refusing_api, method, path, status, field):
    problem = refused(refusing_api.request(method, path), status)

    assert {error["field"] for error in problem["errors"]} == ({field} if field else set())
    assert "pattern" not in problem["detail"]


def test_after_a_refusal_nothing_is_there_and_the_name_is_free(api, store):
    for change in ({"dataset": "imagenet"}, {"n_trials": 0}, {"initial_goals": [5]}):
        refused(api.post(STUDIES, json={**VALID, **change}), 422)

    assert_nothing_was_made(api, store)
    assert api.post(STUDIES, json=VALID).status_code == 201
