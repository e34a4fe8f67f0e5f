"""What the API answers about studies, and about what these can name."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from model.data import DatasetInfo
from service.spec import StudySpec
from service.storage.tables import StudyState
from service.studies import Progress


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
