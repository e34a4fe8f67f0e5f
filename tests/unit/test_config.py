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
        "validation_fraction": 0.2,
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
