"""What `infomorphic study create` makes of its options, against a service in this process: no worker is needed."""

import json

import pytest

from tests.e2e.commands import environment
from tests.e2e.commands_here import run


@pytest.fixture
def create(api):
    env = environment(INFOMORPHIC_URL=str(api.base_url))
    return lambda *arguments: run("study", "create", "made", *arguments, "--json", env=env)


@pytest.mark.parametrize(
    ("options", "part", "expected"),
    [
        (("--hidden", "12", "--laterals", "7"), "network", {"hidden_neurons": 12, "lateral_connections": 7}),
        (("--hidden", "8,6", "--laterals", "all"), "network", {"hidden_neurons": [8, 6], "lateral_connections": None}),
        (("--laterals", "none", "--context", "output"), "network", {"lateral_connections": 0, "context": ["output"]}),
        (("--hidden", ""), "network", {"hidden_neurons": []}),
        (("--epochs", "3"), "training", {"epochs": 3}),
    ],
    ids=repr,
)
def test_options_are_read_as_those_of_train(create, options, part, expected):
    made = json.loads(create(*options).stdout)["spec"][part]

    assert {field: made[field] for field in expected} == expected


def test_what_is_recorded_is_an_option(create):
    assert json.loads(create("--record", "none").stdout)["spec"]["record"] == "none"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--hidden", "3,,4"), "--hidden: expected a whole number, several separated by commas"),
        (("--laterals", "some"), "--laterals: expected a whole number, all or none"),
        (("--context", "image"), "--context: expected label, output"),
        (("--record", "all"), "record: must be 'layers', 'neurons' or 'none'"),
        (("--learning", "fixed", "--goal", "heuristic"), "initial_goals.0: the network's hidden layers have no goals"),
    ],
    ids=repr,
)
def test_an_option_that_is_not_valid_is_named_with_what_would_be(create, options, said):
    done = create(*options)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr
