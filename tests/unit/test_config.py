"""Configuration: the paper's defaults, and what is refused."""

import math

import pytest
from pydantic import ValidationError

from model.config import NetworkConfig, TrainingConfig


def test_training_defaults_are_the_papers():
    config = TrainingConfig()

    assert config.model_dump() == {
        "epochs": 100,
        "batch_size": 1024,
        "hidden_learning_rate": 0.002,
        "hidden_weight_decay": 0.00035,
        "output_learning_rate": 0.003,
        "output_weight_decay": 0.00015,
        "backpropagation_learning_rate": 0.001,
        "validation_fraction": 0.2,
        "noise_free_evaluation": False,
        "data_seed": 0,
    }


def test_the_output_goal_defaults_to_the_papers():
    assert NetworkConfig().output_goal == (-0.2, 0.1, 1.0, 0.1, 0.0)


@pytest.mark.parametrize("config", [NetworkConfig(), TrainingConfig()], ids=lambda c: type(c).__name__)
def test_a_configuration_survives_the_round_trip_through_json(config):
    assert type(config).model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(("config", "field"), [(NetworkConfig(), "hidden_neurons"), (TrainingConfig(), "epochs")])
def test_a_configuration_cannot_be_changed(config, field):
    with pytest.raises(ValidationError, match="frozen"):
        setattr(config, field, 3)


@pytest.mark.parametrize("kind", [NetworkConfig, TrainingConfig])
def test_an_unknown_field_is_refused_with_the_valid_ones(kind):
    with pytest.raises(ValidationError, match="lerning_rate.*" + next(iter(kind.model_fields))):
        kind(lerning_rate=0.1)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (NetworkConfig, "hidden_neurons", 0),
        (NetworkConfig, "hidden_neurons", 2.5),
        (NetworkConfig, "hidden_neurons", "100"),
        (NetworkConfig, "hidden_neurons", True),
        (NetworkConfig, "hidden_neurons", (100, 0)),
        (NetworkConfig, "hidden_neurons", (100,) * 21),
        (NetworkConfig, "context", ("images",)),
        (NetworkConfig, "context", ("label", "label")),
        (NetworkConfig, "context", "label"),
        (NetworkConfig, "activation", "step"),
        (NetworkConfig, "learning", "hebbian"),
        (NetworkConfig, "lateral_connections", -1),
        (NetworkConfig, "lateral_connections", 2.5),
        (NetworkConfig, "lateral_connections", True),
        (NetworkConfig, "lateral_connections", 100),
        (NetworkConfig, "output_goal", (0.0,) * 4),
        (NetworkConfig, "output_goal", (0.0,) * 6),
        (NetworkConfig, "output_goal", (0.0, 0.0, 1.1, 0.0, 0.0)),
        (NetworkConfig, "output_goal", (0.0, 0.0, math.nan, 0.0, 0.0)),
        (TrainingConfig, "epochs", 0),
        (TrainingConfig, "batch_size", 1),
        (TrainingConfig, "hidden_learning_rate", 0),
        (TrainingConfig, "hidden_learning_rate", math.nan),
        (TrainingConfig, "output_learning_rate", math.inf),
        (TrainingConfig, "hidden_weight_decay", -0.1),
        (TrainingConfig, "output_weight_decay", math.nan),
        (TrainingConfig, "validation_fraction", 0),
        (TrainingConfig, "validation_fraction", 1),
        (TrainingConfig, "data_seed", -1),
        (TrainingConfig, "data_seed", 2**31),
    ],
)
def test_a_value_out_of_range_is_refused_by_the_name_of_its_field(kind, field, value):
    with pytest.raises(ValidationError, match=field):
        kind(**{field: value})


def test_a_list_of_one_hidden_layer_is_its_number_of_neurons():
    assert NetworkConfig(hidden_neurons=[3]) == NetworkConfig(hidden_neurons=3)
    assert NetworkConfig(hidden_neurons=[3]).model_dump() == NetworkConfig(hidden_neurons=3).model_dump()


@pytest.mark.parametrize("value", ["label", None, {"label": True}, ["label"] * 3], ids=repr)
def test_a_context_that_is_no_list_is_told_what_would_be_one(value):
    with pytest.raises(
        ValidationError, match=r'(?s)context.*expected a list of "label", "output" or both, or an empty'
    ):
        NetworkConfig(context=value)


@pytest.mark.parametrize("value", [[0.0] * 4, [0.0] * 6, "heuristic"], ids=repr)
def test_an_output_goal_of_another_length_is_refused_with_the_order(value):
    with pytest.raises(
        ValidationError, match=r"(?s)output_goal.*expected a list of 5 weights in the order \{1\}, \{2\}"
    ):
        NetworkConfig(output_goal=value)


@pytest.mark.parametrize(
    "without_sources", [{"hidden_neurons": []}, {"hidden_neurons": 6, "learning": "fixed"}], ids=repr
)
@pytest.mark.parametrize(
    "parts",
    [
        {"context": (), "lateral_connections": 0},
        {"context": (), "activation": "linear"},
        {"lateral_connections": 0, "activation": "linear"},
        {"lateral_connections": 100},
    ],
    ids=repr,
)
def test_what_is_said_of_sources_that_no_hidden_neuron_has_means_nothing(without_sources, parts):
    assert NetworkConfig(**without_sources, **parts).n_goals == 0


@pytest.mark.parametrize(
    ("neurons", "connections"), [(100, 99), (100, 0), (2000, 100), (1, None), (1, 0), ((600, 200, 200), 100), ((), 0)]
)
def test_a_neuron_may_hear_any_number_of_others(neurons, connections):
    config = NetworkConfig(hidden_neurons=neurons, lateral_connections=connections)

    assert config.lateral_connections == connections


@pytest.mark.parametrize(
    ("neurons", "connections", "expected"),
    [
        (100, 100, "expected 0 to 99, or all others \\(null, the default\\)"),
        (30, 5000, "expected 0 to 29, or all others \\(null, the default\\)"),
        ((30, 10), 10, "expected 0 to 9, or all others \\(null, the default\\)"),
        (1, 1, "expected 0 or null"),
    ],
)
def test_more_lateral_connections_than_others_are_refused_with_what_is_expected(neurons, connections, expected):
    with pytest.raises(ValidationError, match=rf"(?s)lateral_connections.*{expected}"):
        NetworkConfig(hidden_neurons=neurons, lateral_connections=connections)


@pytest.mark.parametrize(
    ("parts", "field", "expected"),
    [
        ({"context": (), "lateral_connections": 0}, "lateral_connections", "a context, or lateral connections"),
        ({"context": (), "activation": "linear"}, "activation", "a context and lateral connections"),
        ({"lateral_connections": 0, "activation": "linear"}, "activation", "a context and lateral connections"),
    ],
)
def test_neurons_with_too_few_sources_are_refused_with_what_is_missing(parts, field, expected):
    with pytest.raises(ValidationError, match=rf"(?s){field}.*{expected}"):
        NetworkConfig(**parts)


@pytest.mark.parametrize(
    ("parts", "kind", "n_goals"),
    [
        ({}, "trivariate", 1),
        ({"hidden_neurons": (600, 200, 200), "context": ("output",)}, "trivariate", 3),
        ({"lateral_connections": 0}, "bivariate_context", 1),
        ({"context": ()}, "bivariate_lateral", 1),
        ({"hidden_neurons": ()}, "trivariate", 0),
        ({"learning": "fixed"}, "trivariate", 0),
        ({"learning": "backpropagation", "hidden_neurons": (6, 4)}, "trivariate", 0),
    ],
)
def test_a_network_has_a_goal_of_its_kind_for_each_layer_that_learns_by_one(parts, kind, n_goals):
    network = NetworkConfig(**parts)

    assert (network.kind, network.n_goals) == (kind, n_goals)


def test_the_order_in_which_contexts_are_named_is_none():
    assert NetworkConfig(context=("output", "label")) == NetworkConfig(context=("label", "output"))


def test_a_layer_that_is_itself_refused_is_the_only_thing_named():
    with pytest.raises(ValidationError) as refused:
        NetworkConfig(hidden_neurons=0, lateral_connections=3)

    assert [error["loc"] for error in refused.value.errors()] == [("hidden_neurons",)]
