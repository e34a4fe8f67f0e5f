"""What an analysis has found so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.analyses.requests import words_of
from service.analyses.statistics import Summary
from service.analyses.variants import Variant
from service.search.trials import DIVERGED
from service.storage.tables import StudyState

NOT_TRAINED, COMPLETE, FAILED, STOPPED = "not trained", "complete", "failed", "stopped"
RUNNING, WAITING = "running", "waiting"


@dataclass(frozen=True)
class Finding:
    """What is known of a variant.

    Attributes:
        variant: What was asked.
        state: `not trained`, `waiting`, `running`, `complete`, `failed`, or `stopped` before it was complete.
        reason: Why it failed.
        trial: Number of the trial, of the analysis' own study, that says most of it.
        accuracy: Validation accuracies, one for each seed; known once it is complete.
        change: What each is more than the baseline's with the same seed: negative where the change does harm.
    """

    variant: Variant
    state: str
    reason: str | None = None
    trial: int | None = None
    accuracy: Summary | None = None
    change: Summary | None = None

    @property
    def has_diverged(self) -> bool:
        """Whether it failed in a way in which it would again."""
        return (self.reason or "").startswith(DIVERGED)


@dataclass(frozen=True)
class Outline:
    """An analysis and how far it is.

    Attributes:
        name: Of the analysis, and of the study that its runs are trials of.
        of: Name of the study that is analysed.
        kind: Of the analysis.
        request: What was asked for, as understood.
        state: Of the analysis' study.
        reason: Why it is in that state, if there is one to tell.
        waits_for: Name of the analysis that must complete first.
        n_trials: Goals to train.
        told: Of them, those that are done.
        held: Of them, those that a worker trains just now.
        seeds: Networks that each goal is trained with.
    """

    name: str
    of: str
    kind: str
    request: Mapping[str, Any]
    state: StudyState
    reason: str | None
    created_at: datetime
    ended_at: datetime | None
    waits_for: str | None
    n_trials: int
    told: int
    held: int
    seeds: int

    @property
    def goal(self) -> str | None:
        """What it starts from, in a few words; None where it starts from no single goal."""
        goal = self.request.get("goal")
        return None if goal is None else words_of(goal)


@dataclass(frozen=True)
class Report(Outline):
    """An analysis and what it has found so far.

    Attributes:
        baseline: The goal that the others are compared with; None for a design.
        findings: The others, in their order.
        bootstrap_coverage: About which share of bootstrap intervals of so few seeds cover the truth; None for many.
        warnings: What a reader should know before drawing conclusions.
    """

    baseline: Finding | None
    findings: Sequence[Finding]
    bootstrap_coverage: float | None
    warnings: Sequence[str]

    @property
    def all_findings(self) -> Sequence[Finding]:
        """The baseline, if there is one, and the others."""
        return self.findings if self.baseline is None else [self.baseline, *self.findings]
