"""Reports of confirmations, for tests of what follows from them."""

from datetime import UTC, datetime

from service.analyses.report import COMPLETE, RUNNING, Finding, Report
from service.analyses.statistics import Summary
from service.analyses.variants import Variant
from service.storage.tables import StudyState


def finding(trial, *accuracies):
    state, accuracy = (COMPLETE, Summary.of(accuracies)) if accuracies else (RUNNING, None)
    return Finding(Variant(f"trial {trial}", trial=trial), state, accuracy=accuracy)


def confirmation(name, baseline, *findings):
    return Report(
        name=name,
        of="study",
        kind="confirmation",
        request={},
        state=StudyState.RUNNING,
        reason=None,
        created_at=datetime.now(UTC),
        ended_at=None,
        waits_for=None,
        n_trials=1 + len(findings),
        told=0,
        held=0,
        seeds=2,
        baseline=baseline,
        findings=findings,
        bootstrap_coverage=None,
        warnings=(),
    )
