"""What the API answers about trials, and the best of them."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from service.api.analysis_schemas import Statistics
from service.best import Best, ByMean, SingleTrial
from service.spec import StudySpec
from service.trials import TrialView


class Trial(BaseModel):
    """A trial.

    `goal` has the weight of every term; `gamma` the same in the published order; both are lists of such, one for each
    hidden layer, in studies that search a goal for each. `validation_accuracies` is by epoch.
    `attempt` is 2 for the second attempt of what was `origin` at first. With several networks a trial
    `validation_accuracy` is their mean, `repeats` has each, and `standard_deviation` is that of the sample, of
    first weights and sampled outputs; batches and validation part are the same for all. `left_out` says which artifacts
    of its run are not kept, and why.
    """

    number: int
    state: str
    validation_accuracy: float | None
    repeats: list[float]
    standard_deviation: float | None
    goal: dict[str, float] | list[dict[str, float]] | None
    gamma: list[float] | list[list[float]] | None
    validation_accuracies: dict[int, float]
    attempt: int
    origin: int
    reason: str | None
    left_out: str | None
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, view: TrialView, spec: StudySpec) -> Self:
        """A trial of a study as JSON."""
        named = None if view.goals is None else [goal.as_dict() for goal in view.goals]
        bare = None if view.goals is None else [list(goal.gamma) for goal in view.goals]
        return cls(
            number=view.number,
            state=view.state.name.lower(),
            validation_accuracy=view.value,
            repeats=list(view.repeats),
            standard_deviation=view.standard_deviation,
            goal=named if named is None or (named and spec.goal_per_layer) else next(iter(named), {}),
            gamma=bare if bare is None or (bare and spec.goal_per_layer) else next(iter(bare), []),
            validation_accuracies=view.validation_accuracies,
            attempt=view.attempt,
            origin=view.origin,
            reason=view.reason,
            left_out=view.left_out,
            started_at=view.started_at,
            ended_at=view.ended_at,
        )


class TrialPage(BaseModel):
    """Some trials in the order of their numbers; `total` is how many there are."""

    trials: list[Trial]
    total: int


class BestSingleTrial(Trial):
    """The trial that has the best network of all.

    `best_network` is the validation accuracy of that one network; `validation_accuracy` is the mean of all networks of
    the trial, as it is of every trial.
    """

    best_network: float

    @classmethod
    def of_best(cls, found: SingleTrial, spec: StudySpec) -> Self:
        """The trial as JSON."""
        return cls(**Trial.of(found.trial, spec).model_dump(), best_network=found.accuracy)


class BestByMean(BaseModel):
    """The trial whose goal has the highest mean validation accuracy over networks with several seeds.

    `trial` is its number in this study. With `source` `repeats` the networks are the trial's own; with `confirmation`
    they are those of the analysis that `analysis` names, which have fresh seeds.
    """

    trial: int
    validation_accuracy: Statistics
    source: Literal["repeats", "confirmation"]
    analysis: str | None

    @classmethod
    def of(cls, found: ByMean) -> Self:
        """The mean as JSON."""
        return cls(
            trial=found.trial.number,
            validation_accuracy=Statistics(**asdict(found.networks)),
            source="repeats" if found.confirmation is None else "confirmation",
            analysis=found.confirmation,
        )


class BestGoal(BaseModel):
    """The best goal of a study.

    `goal` and `gamma` are as in a trial, that of `number`. `chosen` says which it is, `single_trial` or `by_mean`, and
    so where more of it stands; `validation_accuracy` is what it was chosen by. Recommended is the best by mean. Where
    there is none, `by_mean` is null, and `note` says what to think of the accuracy.
    """

    number: int
    goal: dict[str, float] | list[dict[str, float]]
    gamma: list[float] | list[list[float]]
    validation_accuracy: float
    chosen: Literal["single_trial", "by_mean"]
    single_trial: BestSingleTrial
    by_mean: BestByMean | None
    note: str | None

    @classmethod
    def of(cls, found: Best, spec: StudySpec) -> Self:
        """The best goal of a study as JSON."""
        trial = Trial.of(found.chosen.trial, spec)
        return cls(
            number=trial.number,
            goal=trial.goal or {},
            gamma=trial.gamma or [],
            validation_accuracy=found.chosen.accuracy,
            chosen="single_trial" if found.chosen is found.single_trial else "by_mean",
            single_trial=BestSingleTrial.of_best(found.single_trial, spec),
            by_mean=None if found.by_mean is None else BestByMean.of(found.by_mean),
            note=found.note,
        )


class Artifact(BaseModel):
    """A file that a run left with its trial; `size` is in bytes."""

    name: str
    media_type: str
    size: int
    created_at: datetime
