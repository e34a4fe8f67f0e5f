"""What a reader should know before drawing conclusions from an analysis."""

from collections.abc import Sequence

from service.algorithms import Enqueued, Sobol
from service.analyses.report import COMPLETE, FAILED, NOT_TRAINED, Finding
from service.ranges import Range
from service.search.designs import fewest_trials
from service.storage.tables import StudyState
from service.studies import ENDED, Progress

COVERAGE = {2: 0.51, 3: 0.73, 5: 0.84, 10: 0.90}
"""How often the bootstrap interval of so many seeds covers the mean of normal numbers; see benchmarks/intervals.py."""


def coverage_of(seeds: int) -> float | None:
    """About which share of bootstrap intervals of so many seeds cover the truth; None where they are none, or many."""
    known = [few for few in COVERAGE if few <= seeds <= max(COVERAGE)]
    return COVERAGE[max(known)] if known else None


def warnings_of(progress: Progress, findings: Sequence[Finding]) -> list[str]:
    """In sentences without their full stops.

    Args:
        progress: Of the analysis' study.
        findings: All that are there, the baseline first; none before it begins.
    """
    found = []
    if isinstance(progress.spec.sampler, Sobol):
        searched = sum(isinstance(bounds, Range) for bounds in progress.spec.search_space.values())
        if progress.spec.n_trials < (needed := fewest_trials(searched)):
            found.append(f"importances of {searched} searched weights need at least {needed} trials")
    compares = isinstance(progress.spec.sampler, Enqueued)
    if compares and progress.spec.repeats == 1:
        found.append("with a single seed, differences cannot be told from luck: there are no standard errors")
    if compares and progress.spec.repeats == 2:
        found.append("with two seeds, intervals say little: they are wide, or have no width where both happen to agree")
    if findings and findings[0].state == FAILED:
        found.append("the goal that all are compared with failed: no change is known")
    failed = {finding.variant.place for finding in findings if finding.state == FAILED}
    if progress.state in ENDED and failed:
        may_be_mended = any(f.state == FAILED and not f.has_diverged for f in findings)
        resumable = may_be_mended and progress.state is not StudyState.STOPPED
        hint = f"; resume {progress.name} to have them tried again" if resumable else ""
        found.append(f"{len(failed)} of {progress.spec.n_trials} goals failed{hint}")
    unknown = {f.variant.place for f in findings if f.state not in {COMPLETE, FAILED, NOT_TRAINED}}
    if progress.state in ENDED and unknown:
        found.append(f"it ended before all was trained: of {len(unknown)} goals nothing is known")
    return found
