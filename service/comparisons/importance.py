"""What matters in one of the studies that are compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from service.analyses.report import Finding, Report
from service.analyses.reporting import reports
from service.comparisons.best_goals import BestGoal
from service.errors import NoDesignError, NothingToExplainError, TooFewTrialsError
from service.importances.answers import Answers
from service.importances.report import Pending, of_study
from service.storage.store import Store
from service.storage.tables import StudyState

RankedBy = Literal["zeroing", "mdi", "fanova", "ped_anova"]
"""What tells which weights matter: an individual zeroing of all weights, or importances."""

DIGITS = 9
"""Of a cost: what is equal but for rounding shares its rank."""


MOST_NAMED = 6
"""Weights that a note names; more are counted."""


@dataclass(frozen=True)
class Importance:
    """What matters in one of the studies.

    Attributes:
        of_weights: By name; None for a weight of which nothing is known. None if nothing is known of any.
        source: Name of the analysis that tells it.
        notes: What is missing, and what to beware of.
    """

    of_weights: dict[str, float | None] | None
    source: str | None = None
    notes: tuple[str, ...] = ()


def importance_of(
    session: Session, store: Store, answers: Answers, goal: BestGoal, ranked_by: RankedBy
) -> Importance | Pending:
    """What matters in the study of a best goal, or that it is not known yet."""
    return _by_zeroing(session, store, goal) if ranked_by == "zeroing" else _by_design(store, answers, goal, ranked_by)


def _by_design(
    store: Store, answers: Answers, goal: BestGoal, method: Literal["mdi", "fanova", "ped_anova"]
) -> Importance | Pending:
    name = goal.name
    try:
        found = of_study(store, answers, name, method, "design")
    except (NoDesignError, TooFewTrialsError, NothingToExplainError) as error:
        return Importance(None, notes=(f"{name}: {error}",))
    if isinstance(found, Pending):
        return found
    shares: dict[str, float | None] = {weight.name: weight.importance for weight in found.weights}
    return Importance(shares, found.source.study, tuple(f"{name}: {warning}" for warning in found.warnings))


def _by_zeroing(session: Session, store: Store, goal: BestGoal) -> Importance:
    """By what setting each weight of the best goal alone to zero costs: where most seeds say so, and last of equals."""
    complete = [
        report
        for report in reports(session, store, goal.name, "zeroing")
        if report.state is StudyState.COMPLETED
        and any(finding.change is not None for finding in report.findings)
        and {finding.variant.weight: finding.variant.before for finding in report.findings} == goal.weights
    ]
    if not complete:
        return Importance(None, notes=(f"{goal.name}: no zeroing of all weights of its best goal tells anything",))
    report = max(complete, key=lambda report: report.seeds)  # the first of equals, which is the newest
    costs = {finding.variant.weight: _cost(finding) for finding in report.findings if finding.variant.weight}
    return Importance(costs, report.name, tuple(f"{report.name}: {note}" for note in _doubts(report)))


def _cost(finding: Finding) -> float | None:
    return None if finding.change is None else round(-finding.change.mean, DIGITS)


def _doubts(report: Report) -> Iterator[str]:
    zero = [finding.variant.label for finding in report.findings if finding.variant.before == 0]
    if zero:
        yield f"{_listed(zero)} zero already, which tells nothing of how much it matters"
    failed = [f.variant.label for f in report.findings if f.change is None and f.variant.before != 0]
    if failed:
        yield f"{_listed(failed)} not known: failed when it was set to zero"
    known = [finding.change.t_interval for finding in report.findings if finding.change is not None]
    sure = sum(interval is not None and not interval[0] <= 0 <= interval[1] for interval in known)
    if sure < len(known):
        yield f"of {len(known)} changes {sure} have an interval beside zero; how the others rank may be luck"


def _listed(labels: Sequence[str]) -> str:
    named = ", ".join(labels) if len(labels) <= MOST_NAMED else f"{len(labels)} weights"
    return f"{named} {'is' if len(labels) == 1 else 'are'}"
