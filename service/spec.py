"""What a study is: the document that a lab posts, validated, and kept as it was understood."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)

from model.config import Flag, NetworkConfig, Seed, Strict, TrainingConfig
from model.goal import BIVARIATE_TERMS, RESIDUAL_ENTROPY, TERMS, Goals, parse_goals
from service.algorithms import CmaEs, Enqueued, Hyperband, Pruner, Sampler, Tpe
from service.ranges import Range, SearchedOrFixed, check_inside
from service.record_size import RecordKind, neurons_bytes
from service.weights import named, term_of, weight_names, whole_space

WEIGHT_PATTERN = rf"^(([1-9]|1[0-9]|20):)?({'|'.join(map(re.escape, dict.fromkeys((*TERMS, *BIVARIATE_TERMS))))})$"
"""A term's name, alone or with the number of a hidden layer before it."""
LONGEST_NAME = 100
NAME_PATTERN = rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}$"


def _a_name(value: str) -> str:
    if not re.fullmatch(NAME_PATTERN, value):
        raise ValueError(
            "a name has 1 to 100 of the letters A-Z and a-z, the digits, '.', '_' and '-', the first a letter or digit"
        )
    return value


StudyName = Annotated[str, AfterValidator(_a_name), Field(json_schema_extra={"pattern": NAME_PATTERN})]


def _a_goal(document: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - whatever the JSON holds
    network, space = info.data.get("network"), info.data.get("search_space")
    if network is None:
        return document  # it has an error of its own, as the space may have
    if network.n_goals == 0:
        raise ValueError("the network's hidden layers have no goals; expected no initial goals")
    goals = parse_goals(document, network.kind, network.n_goals)
    if space is None:
        return document
    for name, weight in named(goals, tuple(space)).items():
        by_default = isinstance(info.data.get("sampler"), CmaEs) and term_of(name) == RESIDUAL_ENTROPY
        hint = "; with CMA-ES it does unless it names H_res" if by_default else ""
        check_inside(f"{name} is {weight}", weight, space[name], hint)
    return document


OneGoal = str | list[float] | dict[str, float]
GoalDocument = Annotated[OneGoal | list[OneGoal], BeforeValidator(_a_goal)]


AUTO: Literal["auto"] = "auto"

LARGEST_RECORD = 32 * 2**20
"""Bytes that the information of each neuron of a trial may take, and any artifact."""

USUAL_LABELS = 10
"""Classes of the published data sets; those of others only the workers know."""

MOST_NETWORKS = 10_000
"""In one population."""


def _auto_or_count(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - whatever the JSON holds
    try:
        return validate(value)
    except ValidationError as error:
        raise ValueError('expected "auto" or a whole number from 1 to 10000') from error


TrialsPerWorker = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=10_000)] | Literal["auto"], WrapValidator(_auto_or_count)
]


class StudySpec(Strict):
    """A search over the goal vectors of a network's hidden layers.

    Attributes:
        name: Name of the study, here, in Optuna and in every address.
        dataset: Name of a data set; `GET /v1/datasets` lists them.
        sampler: `"tpe"`, `"cmaes"`, or one of them with options; `"sobol"` for an even design of the space,
            `"enqueued"` for the initial goals alone, which are `n_trials` then.
        network: The network.
        training: How it is trained.
        goal_per_layer: Whether each hidden layer has a goal of its own to search, or all share one.
        search_space: For each term a range or a fixed number. A term that is not named is searched in [−1, 1]; with
            CMA-ES H_res is fixed to 0, as published. With a goal for each layer, `2:{F}{C}` names the term of the
            second layer, `{F}{C}` that of all. Where all is fixed, trials repeat one goal with other seeds.
        n_trials: Results to reach: complete, pruned or failed for good.
        seed: Seeds the sampler and, for each trial, its networks.
        initial_goals: Goals to try first: names of presets, numbers in the order of the terms, or numbers by term; or
            lists of such, one for each hidden layer. None for a network that does not learn by goals.
        repeats: Networks with seeds of their own that a trial trains; its value is their mean.
        common_random_numbers: Whether the networks of every trial have the same seeds, so that differences between
            goals are paired, not blurred by the luck of first weights.
        pruner: `"median"`, `"hyperband"` or `"patience"`, or one of them with options, ends trials early; none does by
            default, as published. CMA-ES learns from complete trials alone.
        trials_per_worker: Trials that a worker trains together, as one population; `"auto"` for as many as pay on its
            device, so that every worker has some and the sampler sees results between.
        record: What is kept with each trial of what its networks did: `"layers"` for each epoch's accuracies and the
            information of each layer that has several sources, and what the network confuses; `"neurons"` for that of
            each neuron too, at most 32 MiB a trial; `"none"`.
        max_attempts: How often a trial is tried whose worker dies or raises, before it counts as failed.
        failure_limit: So many failed trials in a row end the study as failed.
    """

    name: StudyName
    dataset: Annotated[str, Field(max_length=100)] = "digits"
    sampler: Sampler = Tpe()
    network: NetworkConfig = NetworkConfig()
    training: TrainingConfig = TrainingConfig()
    goal_per_layer: Flag = False
    search_space: Annotated[
        dict[str, SearchedOrFixed],
        Field(
            default_factory=dict,
            validate_default=True,
            json_schema_extra={"propertyNames": {"pattern": WEIGHT_PATTERN}},
        ),
    ]
    n_trials: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1000
    seed: Seed = 0
    initial_goals: Annotated[list[GoalDocument], Field(default_factory=list, max_length=1000)]
    repeats: Annotated[int, Field(strict=True, ge=1, le=100)] = 1
    common_random_numbers: Flag = False
    pruner: Pruner | None = None
    trials_per_worker: TrialsPerWorker = AUTO
    record: RecordKind = "layers"
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=100)] = 3
    failure_limit: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 10

    @field_validator("trials_per_worker", mode="after")
    @classmethod
    def _not_too_many_networks(cls, value: int | Literal["auto"], info: ValidationInfo) -> int | Literal["auto"]:
        repeats = info.data.get("repeats", 1)
        if value != AUTO and value * repeats > MOST_NETWORKS:
            raise ValueError(f"{value} trials of {repeats} networks are more than {MOST_NETWORKS} networks at once")
        return value

    @field_validator("record", mode="after")
    @classmethod
    def _not_too_much(cls, value: str, info: ValidationInfo) -> str:
        network, training, repeats = (info.data.get(field) for field in ("network", "training", "repeats"))
        if value == "neurons" and network is not None and training is not None and repeats is not None:
            size = repeats * neurons_bytes(network, training.epochs, USUAL_LABELS)
            if size > LARGEST_RECORD:
                raise ValueError(
                    f"each neuron of each epoch would be {size / 2**20:.0f} MiB a trial, more than "
                    f'{LARGEST_RECORD // 2**20}; expected "layers", or fewer repeats, epochs or neurons'
                )
        return value

    @field_validator("sampler", "pruner", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the JSON holds
        return {"type": value} if isinstance(value, str) else value

    @field_validator("pruner", mode="after")
    @classmethod
    def _within_the_training(cls, pruner: Pruner | None, info: ValidationInfo) -> Pruner | None:
        training = info.data.get("training")
        if isinstance(pruner, Hyperband) and training is not None and pruner.min_resource > training.epochs:
            raise ValueError(f"min_resource {pruner.min_resource} is more than the {training.epochs} epochs of a trial")
        return pruner

    @field_validator("search_space", mode="after")
    @classmethod
    def _every_weight(cls, value: dict[str, Range | float], info: ValidationInfo) -> dict[str, Range | float]:
        network, per_layer = info.data.get("network"), info.data.get("goal_per_layer")
        if network is None or per_layer is None:
            return value  # they have errors of their own
        with_cma_es = isinstance(info.data.get("sampler"), CmaEs)
        space = whole_space(weight_names(network, goal_per_layer=per_layer), value, fixes_residual=with_cma_es)
        searched = sum(isinstance(bounds, Range) for bounds in space.values())
        if with_cma_es and searched < 2:
            raise ValueError(f"{searched} terms have a range; the sampler needs at least 2 to search")
        return space

    @field_validator("initial_goals", mode="after")
    @classmethod
    def _goals_fit(cls, documents: list[GoalDocument], info: ValidationInfo) -> list[GoalDocument]:
        n_trials = info.data.get("n_trials")
        if n_trials is not None and len(documents) > n_trials:
            raise ValueError(f"{len(documents)} goals do not fit into {n_trials} trials")
        if n_trials is not None and isinstance(info.data.get("sampler"), Enqueued) and len(documents) < n_trials:
            raise ValueError(f"the sampler enqueued tries these alone; expected {n_trials}, got {len(documents)}")
        return documents

    @property
    def weight_names(self) -> tuple[str, ...]:
        """The names of all weights of its goals, searched or not, in their order."""
        return tuple(self.search_space)

    @property
    def goals_to_try_first(self) -> list[Goals]:
        """The initial goals as goals of each hidden layer."""
        return [parse_goals(document, self.network.kind, self.network.n_goals) for document in self.initial_goals]
