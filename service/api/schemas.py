"""What the API answers."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from model.data import DatasetInfo
from service.api.analysis_schemas import Statistics
from service.best import Best, ByMean, SingleTrial
from service.importances.evaluation import Method
from service.importances.report import Pending, Report
from service.importances.sources import Choice, Source
from service.spec import StudySpec
from service.storage.tables import StudyState
from service.studies import Progress
from service.trials import TrialView


class StudySummary(BaseModel):
    """A study and its progress.

    `finished` counts trials that are complete, pruned or failed for good, `running` those that a worker has in hand.
    `analysis_of` names the study that this one is an analysis of, if it is one.
    """

    name: str
    state: StudyState
    reason: str | None
    dataset: str
    sampler: str
    n_trials: int
    finished: int
    running: int
    created_at: datetime
    ended_at: datetime | None
    analysis_of: str | None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """A study's progress as JSON."""
        return cls(
            name=progress.name,
            state=progress.state,
            reason=progress.reason,
            dataset=progress.spec.dataset,
            sampler=progress.spec.sampler.type,
            n_trials=progress.spec.n_trials,
            finished=progress.told,
            running=progress.held,
            created_at=progress.created_at,
            ended_at=progress.ended_at,
            analysis_of=progress.analysis_of,
        )


class Generations(BaseModel):
    """How a CMA-ES study's generations go.

    `size` is how many results a generation takes, `complete` how many generations have theirs. `results_used` is the
    share of the results sampled for these that the strategy learned from. `idle_share` is, of the time from a
    generation's first claim to its last result, summed over the workers that took part, the share that they had
    nothing of it left to do.
    """

    size: int
    complete: int
    results_used: float | None
    idle_share: float | None


class StudyDetail(StudySummary):
    """A study with its spec and the tally of its trials.

    `tally` counts Optuna's trials by state, attempts that were retried included among the failed ones. `dashboard` is
    the study's address in optuna-dashboard, on this host. `generations` is there for CMA-ES.
    """

    tally: dict[str, int]
    best_validation_accuracy: float | None
    dashboard: str
    generations: Generations | None
    spec: StudySpec


class StudyPage(BaseModel):
    """Some studies, newest first; `total` is how many there are."""

    studies: list[StudySummary]
    total: int


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


class TrialPage(BaseModel):
    """Some trials in the order of their numbers; `total` is how many there are."""

    trials: list[Trial]
    total: int


class LeftOut(BaseModel):
    """Finished trials that are not used.

    `failed` are those that failed for good, `pruned` those that were ended early, `unusable` complete ones, told by a
    notebook, that have no finite value or not every searched weight.
    """

    failed: int
    pruned: int
    unusable: int


class TrialsUsed(BaseModel):
    """The trials that importances are told from: of which study, by which sampler, how many, and how many are not."""

    study: str
    sampler: str
    n_trials: int
    left_out: LeftOut

    @classmethod
    def of(cls, source: Source) -> Self:
        """Where trials came from as JSON."""
        return cls(
            study=source.study,
            sampler=source.sampler,
            n_trials=source.n_trials,
            left_out=LeftOut(**asdict(source.left_out)),
        )


class WeightImportance(BaseModel):
    """How much a searched weight matters: its share of all importance, and its rank, 1 for the most important."""

    name: str
    importance: float
    standard_deviation: float
    rank: int


class Importances(BaseModel):
    """How much each searched weight matters for the validation accuracy, in the published order of weights.

    `evaluator` is Optuna's class, `version` Optuna's. `trials` is what was asked for, `source` what that came to.
    `spread` says over what `standard_deviation` is. `fixed` are the weights that are not searched, of which the trials
    say nothing. `warnings` is what to know before drawing conclusions.
    """

    status: Literal["ready"] = "ready"
    study: str
    method: Method
    evaluator: str
    version: str
    trials: Choice
    source: TrialsUsed
    spread: str
    weights: list[WeightImportance]
    fixed: list[str]
    warnings: list[str]

    @classmethod
    def of(cls, report: Report) -> Self:
        """Importances as JSON."""
        return cls(
            study=report.study,
            method=report.method,
            evaluator=report.evaluator,
            version=report.version,
            trials=report.trials,
            source=TrialsUsed.of(report.source),
            spread=report.spread,
            weights=[WeightImportance(**asdict(weight)) for weight in report.weights],
            fixed=list(report.source.fixed),
            warnings=list(report.warnings),
        )


class ImportancesPending(BaseModel):
    """Importances that are still calculated, of these trials; `detail` says what to do."""

    status: Literal["computing"] = "computing"
    study: str
    method: Method
    trials: Choice
    source: TrialsUsed
    detail: str

    @classmethod
    def of(cls, pending: Pending, seconds: int) -> Self:
        """That they are not there yet, and when to ask again."""
        return cls(
            study=pending.study,
            method=pending.method,
            trials=pending.trials,
            source=TrialsUsed.of(pending.source),
            detail=f"importances of {pending.source.n_trials} trials are being computed; ask again in {seconds} s",
        )


class Artifact(BaseModel):
    """A file that a run left with its trial; `size` is in bytes."""

    name: str
    media_type: str
    size: int
    created_at: datetime


class GoalPreset(BaseModel):
    """A published goal; `kind` says which neurons it is for, `terms` the order of `gamma`."""

    name: str
    kind: str
    terms: list[str]
    gamma: list[float]


class DatasetDescription(BaseModel):
    """A data set that studies can name; `ready` says whether its files are on the service's machine."""

    name: str
    description: str
    ready: bool
    detail: str

    @classmethod
    def of(cls, info: DatasetInfo) -> Self:
        """A data set as JSON."""
        return cls(name=info.name, description=info.description, ready=info.ready, detail=info.detail)


class Health(BaseModel):
    """That the process answers, or that it can serve."""

    status: str
