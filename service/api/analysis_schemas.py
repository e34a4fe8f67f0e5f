"""What the API answers about analyses."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from service.analyses.report import Finding, Outline, Report
from service.storage.tables import StudyState


class Statistics(BaseModel):
    """Some numbers, one for each seed, and how sure their mean is.

    Both intervals are of the mean, 95 %. Of few seeds a bootstrap interval is too narrow; Student's, `t_interval`, is
    not where runs are about normal. They and `standard_error` are null for a single seed.
    """

    runs: list[float]
    median: float
    mean: float
    standard_error: float | None
    bootstrap_interval: tuple[float, float] | None
    t_interval: tuple[float, float] | None


class Variant(BaseModel):
    """A goal that an analysis trains, and what came of it.

    `weight` is what is changed, from `before` to `after`. `state` is `not trained` (`note` says why), `waiting`,
    `running`, `complete`, `failed` (for `reason`), or `stopped` before it was complete. `trial` is its number among
    those of the analysis' own study. `change` is what each seed's validation accuracy is more than that of the baseline
    with the same seed: negative where the change does harm. `of_trial` is the number of the analysed trial that has
    this goal, if one has, and `searched` its validation accuracy there.
    """

    label: str
    weight: str | None
    before: float | None
    after: float | None
    state: str
    reason: str | None
    note: str | None
    trial: int | None
    of_trial: int | None
    searched: float | None
    validation_accuracy: Statistics | None
    change: Statistics | None

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """What is known of a variant as JSON."""
        variant, accuracy, change = finding.variant, finding.accuracy, finding.change
        return cls(
            label=variant.label,
            weight=variant.weight,
            before=variant.before,
            after=variant.after,
            state=finding.state,
            reason=finding.reason,
            note=variant.note,
            trial=finding.trial,
            of_trial=variant.trial,
            searched=variant.searched,
            validation_accuracy=None if accuracy is None else Statistics(**asdict(accuracy)),
            change=None if change is None else Statistics(**asdict(change)),
        )


class AnalysisSummary(BaseModel):
    """An analysis and how far it is.

    It is a study too, whose trials are its runs: `GET /v1/studies/NAME` shows it, and it is paused, resumed, stopped
    and deleted as one. `n_trials` goals are trained with `seeds` networks each; `finished` and `running` count goals.
    `waits_for` names an analysis whose results it needs first. `goal` is what it starts from, in words: `best`, `trial
    7`, a preset's name, or `a given goal`; null where there is no such.
    """

    name: str
    of: str
    kind: str
    goal: str | None
    state: StudyState
    reason: str | None
    waits_for: str | None
    n_trials: int
    seeds: int
    finished: int
    running: int
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of_outline(cls, outline: Outline) -> Self:
        """How far an analysis is as JSON."""
        return cls(**_summary(outline))


class AnalysisDetail(AnalysisSummary):
    """An analysis with what it has found so far, also while it runs.

    `request` is what was asked for, as understood. `baseline` is what `variants` are compared with; a design has
    neither, its trials are for `GET /v1/studies/STUDY/importances?trials=design`. `bootstrap_coverage` is about which
    share of bootstrap intervals of so few seeds cover the truth; null for many. Read `warnings` before drawing
    conclusions.
    """

    request: dict[str, Any]
    baseline: Variant | None
    variants: list[Variant]
    bootstrap_coverage: float | None
    warnings: list[str]

    @classmethod
    def of_report(cls, report: Report) -> Self:
        """An analysis as JSON."""
        return cls(
            **_summary(report),
            request=dict(report.request),
            baseline=None if report.baseline is None else Variant.of(report.baseline),
            variants=[Variant.of(finding) for finding in report.findings],
            bootstrap_coverage=report.bootstrap_coverage,
            warnings=list(report.warnings),
        )


def _summary(outline: Outline) -> dict[str, Any]:
    same = ("name", "of", "kind", "goal", "state", "reason", "waits_for", "n_trials", "seeds", "created_at", "ended_at")
    return {**{field: getattr(outline, field) for field in same}, "finished": outline.told, "running": outline.held}


class AnalysisList(BaseModel):
    """The analyses of a study, the newest first."""

    analyses: list[AnalysisSummary]
