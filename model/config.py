"""Configuration of networks and their training: frozen, validated, and free of torch."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Weight = Annotated[float, Field(strict=True, ge=-1, le=1, allow_inf_nan=False)]
Rate = Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)]
Decay = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**31)]


class Strict(BaseModel):
    """A frozen document that refuses fields it does not know, and says which it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_fields(cls, document: Any) -> Any:  # noqa: ANN401 - whatever the JSON holds
        if isinstance(document, Mapping) and (unknown := [key for key in document if key not in cls.model_fields]):
            raise ValueError(f"unknown fields {unknown}; valid are {', '.join(cls.model_fields)}")
        return document


class NetworkConfig(Strict):
    """The network of setup 1 or 2: a trivariate hidden layer and a bivariate output layer.

    The label is the hidden layer's context; the lateral input of its neurons is every other one (setup 1), or a few
    others drawn at random (setup 2).

    Attributes:
        hidden_neurons: Neurons of the hidden layer, N in the paper.
        lateral_connections: From so many others each hidden neuron has its lateral input, 100 in the paper's setup 2;
            from all of them if None.
        output_goal: Goal of the output neurons, in the order of BIVARIATE_TERMS.
    """

    hidden_neurons: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 100
    lateral_connections: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None
    output_goal: tuple[Weight, Weight, Weight, Weight, Weight] = (-0.2, 0.1, 1.0, 0.1, 0.0)

    @field_validator("lateral_connections", mode="after")
    @classmethod
    def _no_more_than_others(cls, value: int | None, info: Any) -> int | None:  # noqa: ANN401 - no type to check by
        neurons = info.data.get("hidden_neurons")  # missing if it is itself refused
        if value is not None and neurons is not None and value >= neurons:
            raise ValueError(
                f"each of {neurons} hidden neurons has {neurons - 1} others to hear, so that {value} is too many; "
                f"expected 1 to {neurons - 1}, or null for all others"
                if neurons > 1
                else "a single hidden neuron has no other to hear; expected null"
            )
        return value


class TrainingConfig(Strict):
    """How networks are trained; the defaults are the paper's.

    Attributes:
        epochs: Passes over the training part.
        batch_size: Samples a batch; the information terms are estimated from one batch.
        hidden_learning_rate: Adam's rate for the hidden layer.
        hidden_weight_decay: L2 penalty added to the hidden layer's gradient.
        output_learning_rate: Adam's rate for the output layer.
        output_weight_decay: L2 penalty added to the output layer's gradient.
        validation_fraction: Share of the training set withheld at random for validation.
        data_seed: Keys what is withheld and the order of the batches, which all members of a population share.
    """

    epochs: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 100
    batch_size: Annotated[int, Field(strict=True, ge=2, le=1_000_000)] = 1024
    hidden_learning_rate: Rate = 0.002
    hidden_weight_decay: Decay = 0.00035
    output_learning_rate: Rate = 0.003
    output_weight_decay: Decay = 0.00015
    validation_fraction: Annotated[float, Field(strict=True, ge=0.01, le=0.99, allow_inf_nan=False)] = 0.2
    data_seed: Seed = 0
