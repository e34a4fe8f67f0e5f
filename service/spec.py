"""What a study is: the document that a lab posts, validated, and kept as it was understood."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from model.config import NetworkConfig, Seed, Strict, TrainingConfig, Weight
from model.goal import RESIDUAL_ENTROPY, TERMS, Goal
from service.algorithms import CmaEs, Hyperband, Pruner, Sampler, Tpe

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"


def _a_name(value: str) -> str:
    if not re.fullmatch(NAME_PATTERN, value):
        raise ValueError(
            "a name has 1 to 100 of the letters A-Z and a-z, the digits, '.', '_' and '-', the first a letter or digit"
        )
    return value


StudyName = Annotated[str, AfterValidator(_a_name), Field(json_schema_extra={"pattern": NAME_PATTERN})]


NARROWEST = 1e-9
"""Least width of a range: samplers compute with differences and their squares."""


class Range(Strict):
    """Where a weight is searched, both ends included."""

    low: Weight = -1.0
    high: Weight = 1.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.high - self.low < NARROWEST:
            raise ValueError(f"low must be less than high, by {NARROWEST} at least; got [{self.low}, {self.high}]")
        return self


def _range_or_number(value: object) -> str | None:
    if isinstance(value, Range | Mapping):
        return "range"
    return "fixed" if isinstance(value, int | float) and not isinstance(value, bool) else None


SearchedOrFixed = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Weight, Tag("fixed")],
    Discriminator(
        _range_or_number,
        custom_error_type="range_or_number",
        custom_error_message='expected {"low": ..., "high": ...} inside [-1, 1], or a fixed number in [-1, 1]',
    ),
]


def _a_goal(document: Any) -> Any:  # noqa: ANN401 - whatever the JSON holds
    Goal.parse(document)
    return document


GoalDocument = Annotated[str | list[float] | dict[str, float], BeforeValidator(_a_goal)]


AUTO: Literal["auto"] = "auto"

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
    """A search over the goal vector of a network's hidden layer.

    Attributes:
        name: Name of the study, here, in Optuna and in every address.
        dataset: Name of a data set; `GET /v1/datasets` lists them.
        sampler: `"tpe"`, `"cmaes"`, or one of them with options.
        search_space: For each term a range or a fixed number. A term that is not named is searched in [−1, 1]; with
            CMA-ES H_res is fixed to 0, as published.
        n_trials: Results to reach: complete, pruned or failed for good.
        seed: Seeds the sampler and, for each trial, its networks.
        network: The network.
        training: How it is trained.
        initial_goals: Goals to try first: names of presets, 19 numbers, or numbers by term.
        repeats: Networks with seeds of their own that a trial trains; its value is their mean.
        pruner: `"median"`, `"hyperband"` or `"patience"`, or one of them with options, ends trials early; none does by
            default, as published. CMA-ES learns from complete trials alone.
        trials_per_worker: Trials that a worker trains together, as one population; `"auto"` for as many as pay on its
            device, so that every worker has some and the sampler sees results between.
        max_attempts: How often a trial is tried whose worker dies or raises, before it counts as failed.
        failure_limit: So many failed trials in a row end the study as failed.
    """

    name: StudyName
    dataset: Annotated[str, Field(max_length=100)] = "digits"
    sampler: Sampler = Tpe()
    search_space: Annotated[
        dict[str, SearchedOrFixed],
        Field(default_factory=dict, validate_default=True, json_schema_extra={"propertyNames": {"enum": list(TERMS)}}),
    ]
    n_trials: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1000
    seed: Seed = 0
    network: NetworkConfig = NetworkConfig()
    training: TrainingConfig = TrainingConfig()
    initial_goals: Annotated[list[GoalDocument], Field(default_factory=list, max_length=1000)]
    repeats: Annotated[int, Field(strict=True, ge=1, le=100)] = 1
    pruner: Pruner | None = None
    trials_per_worker: TrialsPerWorker = AUTO
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=100)] = 3
    failure_limit: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 10

    @field_validator("trials_per_worker", mode="after")
    @classmethod
    def _not_too_many_networks(cls, value: int | Literal["auto"], info: ValidationInfo) -> int | Literal["auto"]:
        repeats = info.data.get("repeats", 1)
        if value != AUTO and value * repeats > MOST_NETWORKS:
            raise ValueError(f"{value} trials of {repeats} networks are more than {MOST_NETWORKS} networks at once")
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
    def _every_term(cls, value: dict[str, Range | float], info: ValidationInfo) -> dict[str, Range | float]:
        if unknown := sorted(value.keys() - set(TERMS)):
            raise ValueError(f"unknown terms {unknown}; valid are {', '.join(TERMS)}")
        published: dict[str, Range | float] = dict.fromkeys(TERMS, Range())
        if isinstance(info.data.get("sampler"), CmaEs):
            published[RESIDUAL_ENTROPY] = 0.0
        space = {term: value.get(term, published[term]) for term in TERMS}
        searched = sum(isinstance(bounds, Range) for bounds in space.values())
        needed = 2 if isinstance(info.data.get("sampler"), CmaEs) else 1
        if searched < needed:
            raise ValueError(f"{searched} terms have a range; the sampler needs at least {needed} to search")
        return space

    @field_validator("initial_goals", mode="after")
    @classmethod
    def _goals_fit(cls, documents: list[GoalDocument], info: ValidationInfo) -> list[GoalDocument]:
        n_trials, space = info.data.get("n_trials"), info.data.get("search_space")
        if n_trials is None or space is None:
            return documents  # they have errors of their own
        if len(documents) > n_trials:
            raise ValueError(f"{len(documents)} goals do not fit into {n_trials} trials")
        by_default = isinstance(info.data.get("sampler"), CmaEs)
        for position, document in enumerate(documents):
            for term, weight in Goal.parse(document).as_dict().items():
                hint = "; with CMA-ES it does unless it names H_res" if by_default and term == RESIDUAL_ENTROPY else ""
                _check_inside(f"goal {position}: {term} is {weight}", weight, space[term], hint)
        return documents

    @property
    def goals_to_try_first(self) -> list[Goal]:
        """The initial goals as goals."""
        return [Goal.parse(document) for document in self.initial_goals]


def _check_inside(subject: str, weight: float, bounds: Range | float, hint: str) -> None:
    if isinstance(bounds, Range):
        if not bounds.low <= weight <= bounds.high:
            raise ValueError(f"{subject}, outside its range [{bounds.low}, {bounds.high}]")
    elif weight != bounds:
        raise ValueError(f"{subject}, but the search space fixes it to {bounds}{hint}")
