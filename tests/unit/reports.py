"""Reports of analyses, made by hand."""

from datetime import UTC, datetime

from service.analyses.report import COMPLETE, Finding, Report
from service.analyses.statistics import Summary
from service.analyses.variants import Variant
from service.storage.tables import StudyState


def summary(*runs):
    """Of which the interval to be shown, Student's, is from the lowest to the highest."""
    mean = sum(runs) / len(runs)
    if len(runs) == 1:
        return Summary(runs, mean, mean, None, None, None)
    return Summary(runs, mean, mean, 0.001, (mean, mean), (min(runs), max(runs)))


def finding(label, state=COMPLETE, *, weight=None, change=None, accuracy=None, **variant):
    return Finding(Variant(label, weight, **variant), state, accuracy=accuracy, change=change)


def report(kind, findings, *, of="mnist", waits_for=None, seeds=2):
    return Report(
        name=f"{of}-{kind}",
        of=of,
        kind=kind,
        request={},
        state=StudyState.RUNNING,
        reason=None,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        ended_at=None,
        waits_for=waits_for,
        n_trials=len(findings) + 1,
        told=1,
        held=0,
        seeds=seeds,
        baseline=finding("the goal", accuracy=summary(0.94, 0.96)),
        findings=findings,
        bootstrap_coverage=None,
        warnings=[],
    )
