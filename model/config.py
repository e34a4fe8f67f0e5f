"""Configuration of networks and their training: frozen, validated, and free of torch."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
    field_validator,
    model_validator,
)

from model.goal import BIVARIATE_TERMS, Kind

Weight = Annotated[float, Field(strict=True, ge=-1, le=1, allow_inf_nan=False)]
Rate = Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)]
Decay = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
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


Neurons = Annotated[int, Field(strict=True, ge=1, le=10_000)]


def _sizes(value: Any, validate: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - whatever the JSON holds
    try:
        sizes = validate(value)
    except ValidationError as error:
        raise ValueError(
            "expected a whole number from 1 to 10000, or a list of at most 20 of them, one for each hidden layer"
        ) from error
    return sizes[0] if isinstance(sizes, tuple) and len(sizes) == 1 else sizes


def _list(what: str, lengths: range) -> BeforeValidator:
    """A check that says what is expected where there is no list, or a longer or shorter one."""

    def check(value: Any) -> Any:  # noqa: ANN401 - whatever the JSON holds
        if not isinstance(value, list | tuple) or len(value) not in lengths:
            raise ValueError(f"expected {what}")
        return value

    return BeforeValidator(check)


Origins = Annotated[
    tuple[Literal["label", "output"], ...],
    Field(max_length=2),
    _list('a list of "label", "output" or both, or an empty one', range(3)),
]
OutputGoal = Annotated[
    tuple[Weight, Weight, Weight, Weight, Weight],
    _list(f"a list of 5 weights in the order {', '.join(BIVARIATE_TERMS)}", range(5, 6)),
]


def _with_sources(fields: Mapping[str, Any]) -> tuple[int, ...]:
    """The sizes of the hidden layers whose neurons have several sources; none if a field that says so was refused."""
    sizes = fields.get("hidden_neurons", ())
    if fields.get("learning", "fixed") == "fixed":
        return ()
    return (sizes,) if isinstance(sizes, int) else sizes


class NetworkConfig(Strict):
    """A network: hidden layers of neurons with two or three sources each, and a bivariate output layer.

    The paper's setup 1 is the default. Setup 2 limits the lateral connections to 100, setup 3 has the output as context
    besides, in place of the label. Neurons without context, or without lateral connections, are bivariate.

    Fixed neurons have their feedforward source alone. Where hidden layers are fixed, or there is none, `context`,
    `lateral_connections` and `activation` mean nothing, whatever they say.

    Attributes:
        hidden_neurons: Neurons of the hidden layer, N in the paper; a list for several layers, the one that sees the
            images first. With an empty one the output layer sees the images itself.
        learning: How the hidden layers learn: by their neurons' goals, or, to compare with, by backpropagation through
            the whole network, or not at all (`"fixed"`: random, with a step for activation).
        context: What the hidden neurons' context comes from: the label, which only learning shows, the output layer's
            answer to the first presentation, or both.
        lateral_connections: From so many others of its layer each hidden neuron has its lateral input, 100 in the
            paper's setup 2; from all of them if None, from none if 0.
        activation: How a neuron's sources make it fire: `"modulating"`, where context and lateral input modulate what
            the feedforward input drives, or `"linear"`, a weighted sum of three sources.
        output_goal: Goal of the output neurons, in the order of BIVARIATE_TERMS.
    """

    hidden_neurons: Annotated[Neurons | Annotated[tuple[Neurons, ...], Field(max_length=20)], WrapValidator(_sizes)] = (
        100
    )
    learning: Literal["goals", "backpropagation", "fixed"] = "goals"
    context: Origins = ("label",)
    lateral_connections: Annotated[int, Field(strict=True, ge=0, le=10_000)] | None = None
    activation: Literal["modulating", "linear"] = "modulating"
    output_goal: OutputGoal = (-0.2, 0.1, 1.0, 0.1, 0.0)

    @property
    def layers(self) -> tuple[int, ...]:
        """Neurons of each hidden layer."""
        return (self.hidden_neurons,) if isinstance(self.hidden_neurons, int) else self.hidden_neurons

    @property
    def kind(self) -> Kind:
        """Which goals the hidden neurons have."""
        if not self.context:
            return "bivariate_lateral"
        return "trivariate" if self.lateral_connections != 0 else "bivariate_context"

    @property
    def n_goals(self) -> int:
        """How many goals the network has: one a hidden layer, none if these do not learn by goals."""
        return len(self.layers) if self.learning == "goals" else 0

    @field_validator("context", mode="after")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError(f"expected each of label and output once at most; got {', '.join(value)}")
        return tuple(sorted(value))

    @field_validator("lateral_connections", mode="after")
    @classmethod
    def _no_more_than_others(cls, value: int | None, info: Any) -> int | None:  # noqa: ANN401 - no type to check by
        if not (sizes := _with_sources(info.data)):
            return value
        if value and value >= (fewest := min(sizes)):
            raise ValueError(
                f"each of {fewest} hidden neurons has {fewest - 1} others to hear, so that {value} is too many; "
                f"expected 0 to {fewest - 1}, or all others (null, the default)"
                if fewest > 1
                else "a single hidden neuron has no other to hear; expected 0 or null"
            )
        if value == 0 and info.data.get("context") == ():
            raise ValueError("a hidden neuron needs a second source; expected a context, or lateral connections")
        return value

    @field_validator("activation", mode="after")
    @classmethod
    def _of_three_sources(cls, value: str, info: Any) -> str:  # noqa: ANN401 - no type to check by
        bivariate = info.data.get("context") == () or info.data.get("lateral_connections") == 0
        if value == "linear" and bivariate and _with_sources(info.data):
            raise ValueError("the linear activation has three sources; expected a context and lateral connections")
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
        backpropagation_learning_rate: Adam's rate for a network that learns by backpropagation, without decay.
        validation_fraction: Share of the training set withheld at random for validation.
        noise_free_evaluation: Whether accuracy is also measured with expected outputs in place of sampled ones; it is
            recorded beside the other, which a search maximises.
        data_seed: Keys what is withheld and the order of the batches, which all members of a population share.
    """

    epochs: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 100
    batch_size: Annotated[int, Field(strict=True, ge=2, le=1_000_000)] = 1024
    hidden_learning_rate: Rate = 0.002
    hidden_weight_decay: Decay = 0.00035
    output_learning_rate: Rate = 0.003
    output_weight_decay: Decay = 0.00015
    backpropagation_learning_rate: Rate = 0.001
    validation_fraction: Annotated[float, Field(strict=True, ge=0.01, le=0.99, allow_inf_nan=False)] = 0.2
    noise_free_evaluation: Flag = False
    data_seed: Seed = 0
