"""What the pictures of analyses have in common: findings in rows, and what is said where nothing is known."""

from collections.abc import Sequence
from typing import Literal

from service.analyses.report import COMPLETE, NOT_TRAINED, Finding, Report
from service.analyses.statistics import Summary
from service.pictures.colours import BLUE, GREY
from service.pictures.marks import Axis, Look, Mark, Series, Words

MEAN = Look(BLUE, "circle", size=5)
RUN = Look(GREY, "circle", size=2.6, opacity=0.55)


BESIDE = 0.3
"""How far from their mean the single runs are, where the next mean is at a distance of 1."""


def in_rows(summaries: Sequence[Summary | None]) -> tuple[list[Mark], list[Mark]]:
    """Means with their intervals, and the single runs a little below them."""
    known = [(row, summary) for row, summary in enumerate(summaries) if summary is not None]
    if not known:
        return [], []
    several = any(summary.t_interval for _, summary in known)
    means = Series(
        [summary.mean for _, summary in known],
        [row for row, _ in known],
        MEAN,
        "mean, 95 % interval" if several else "a single network",
        [summary.t_interval for _, summary in known],
        [note_of("", summary) for _, summary in known],
    )
    runs = Series(
        [run for _, summary in known for run in summary.runs],
        [row + BESIDE for row, summary in known for _ in summary.runs],
        RUN,
        "a single network",
    )
    return [means], [runs] if several else []


def at_zero(states: Sequence[tuple[int, str]], limits: tuple[float, float]) -> Words:
    """What is said where a change is not known, on the side where there is more room."""
    side: Literal["left", "right"] = "left" if -limits[0] > limits[1] else "right"
    return Words([0.0] * len(states), [row for row, _ in states], [f"  {state}  " for _, state in states], side=side)


def written(changes: Sequence[tuple[int, Summary]], limits: tuple[float, float]) -> Words:
    """The changes in numbers: one that is large leaves little to see of the others."""
    texts = [f" {change.mean:+.4f}".replace("-", "\N{MINUS SIGN}") for _, change in changes]
    return Words([limits[1]] * len(texts), [row for row, _ in changes], texts)


def row_axis(names: Sequence[str]) -> Axis:
    """An axis of named rows, the first one above."""
    return Axis(rows=names, limits=(len(names) - 0.4, -0.6))


def accuracy_of_baseline(report: Report) -> Summary | None:
    """That of the goal which all others are compared with, once it is known."""
    return None if report.baseline is None else report.baseline.accuracy


def state_of(finding: Finding) -> str:
    """What to say of a finding of which nothing can be drawn."""
    return (finding.variant.note if finding.state == NOT_TRAINED else None) or finding.state


def shifted(change: tuple[float, float], start: float) -> tuple[float, float]:
    """Where an accuracy is after a change that is in an interval, as far as accuracies can be."""
    low, high = (min(1.0, max(0.0, start + end)) for end in change)
    return low, high


def extent_of(summary: Summary | None) -> list[float]:
    """All that is drawn of a summary."""
    return [] if summary is None else [*summary.runs, *(summary.t_interval or ())]


def note_of(label: str, summary: Summary | None, change: Summary | None = None) -> str:
    """What who points at a mean wants to know: its interval, or that of the change which led to it."""
    if summary is None:
        return label
    shown, by = (summary, "") if change is None else (change, f", a change of {change.mean:+.4f}")
    interval = "" if shown.t_interval is None else " ({:.4f} to {:.4f})".format(*shown.t_interval)
    return f"{label} {summary.mean:.4f}{by}{interval}, {len(summary.runs)} networks".strip()


def why_nothing(report: Report) -> str:
    """What to say in place of a picture."""
    if report.waits_for is not None:
        return f"waits for {report.waits_for}"
    return report.reason or "nothing is known yet"


def whose(report: Report) -> str:
    """What is analysed, for a title: the study, and which of its goals."""
    goal = None if report.goal is None else report.goal if report.baseline is None else report.baseline.variant.label
    return report.of if goal is None else f"{report.of}, {goal}"


def about(report: Report) -> str:
    """What a reader must know to judge a picture."""
    baseline = accuracy_of_baseline(report)
    parts = [report.name, f"{report.seeds} networks for each goal" if report.seeds > 1 else "one network for each goal"]
    if baseline is not None:
        whole = report.baseline.variant.label if report.kind == "confirmation" and report.baseline else "the whole goal"
        parts.append(f"{whole}: {baseline.mean:.4f}")
    trained = {f.variant.place for f in report.all_findings if f.state == COMPLETE}
    if len(trained) < report.n_trials:
        parts.append(f"{len(trained)} of {report.n_trials} goals trained")
        if report.ended_at is not None:
            parts.append(report.state)
    return "; ".join(parts)
