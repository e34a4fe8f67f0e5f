"""What analyses have found, as pictures; what is not known yet is said where it will be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from service.analyses.report import NOT_TRAINED, Finding, Report
from service.analyses.statistics import Summary
from service.pictures.axes import around, few_ticks
from service.pictures.chart import Chart, Picture, nothing_yet
from service.pictures.colours import BLACK, BLUE, GREY, VERMILION
from service.pictures.finding_marks import (
    BESIDE,
    RUN,
    about,
    accuracy_of_baseline,
    at_zero,
    extent_of,
    in_rows,
    note_of,
    row_axis,
    shifted,
    state_of,
    whose,
    why_nothing,
    written,
)
from service.pictures.layers import by_layer, in_published_order
from service.pictures.marks import Axis, Box, Boxes, Look, Mark, Series, Words
from service.weights import term_of

CHANGE, ACCURACY = "change of validation accuracy", "validation accuracy"

_CURVE = Look(BLUE, "circle", "solid", size=4.5)
_SEARCHED = Look(VERMILION, "diamond", size=7, hollow=True)
_LUCK = Look(GREY, dash="dotted", width=1)
_BOX = Look(BLUE, width=1.2)

ROW = 0.235
"""Inches that a row of text needs."""


def picture_of(report: Report) -> Picture:
    """What an analysis has found.

    Raises:
        ValueError: If there is no picture of this kind of analysis; a design's trials have some, as any study's.
    """
    if report.kind not in PICTURES:
        raise ValueError(f"an analysis of kind {report.kind} has no picture of its own; these have: {list(PICTURES)}")
    return PICTURES[report.kind](report)


def zeroing(report: Report) -> Picture:
    """By how much the accuracy changes where each weight alone is set to zero."""
    title = f"Each weight alone set to zero: {whose(report)}"
    if not report.findings:
        return nothing_yet(title, about(report), why_nothing(report))
    found = {finding.variant.weight or finding.variant.label: finding for finding in report.findings}
    limits = around([0.0, *chain.from_iterable(extent_of(finding.change) for finding in report.findings)])
    panels = [
        _changes([found[name] for name in names], names, limits, layer)
        for layer, names in by_layer(in_published_order(found)).items()
    ]
    return Picture(title, about(report), panels, columns=min(3, len(panels)))


def _changes(findings: Sequence[Finding], names: Sequence[str], limits: tuple[float, float], layer: str) -> Chart:
    rows = row_axis([term_of(name) for name in names])
    means, runs = in_rows([finding.change for finding in findings])
    states = [(row, state_of(finding)) for row, finding in enumerate(findings) if finding.change is None]
    known = [(row, finding.change) for row, finding in enumerate(findings) if finding.change is not None]
    return Chart(
        [*runs, *means, at_zero(states, limits), written(known, limits)],
        Axis(CHANGE, limits=limits),
        rows,
        layer,
        reference=0.0,
        lying=True,
        width=5.0 if not layer else 3.4,
        height=ROW * len(names),
    )


def cumulative(report: Report) -> Picture:
    """The accuracy after one weight after the other is set to zero, from the whole goal on."""
    title = f"One weight after the other set to zero: {whose(report)}"
    if not report.findings:
        return nothing_yet(title, about(report), why_nothing(report))
    steps = [report.baseline, *report.findings]
    baseline = accuracy_of_baseline(report)
    summaries = [baseline, *(_after(report, finding) for finding in report.findings)]
    known = [(x, summary) for x, summary in enumerate(summaries) if summary is not None]
    # Of changes seed by seed: what the accuracies of several seeds have in common says nothing of the weights.
    changes = [None if step is None else step.change for step in steps]
    start = 0.0 if baseline is None else baseline.mean
    intervals = [shifted(change.t_interval, start) if change and change.t_interval else None for change in changes]
    width = max(5.8, ROW * len(steps))
    runs = [(x + BESIDE * ROW * len(steps) / width, run) for x, summary in known for run in summary.runs]
    limits = around([*(run for _, run in runs), *chain.from_iterable(filter(None, intervals))] or [0.0, 1.0])
    states = [(x, state_of(f)) for x, f in enumerate(steps) if f is not None and summaries[x] is None]
    several = any(summary.t_interval for _, summary in known)
    marks: list[Mark] = [
        Series([x for x, _ in runs], [run for _, run in runs], RUN, "a single network"),
        Series(
            [float(x) for x in range(len(summaries))],
            [float("nan") if summary is None else summary.mean for summary in summaries],
            _CURVE,
            "mean, 95 % interval of the change" if several else "",
            intervals,
            [note_of(*step) for step in zip(_labels(report), summaries, changes, strict=True)],
        ),
        Words(
            [x for x, _ in states], [sum(limits) / 2] * len(states), [s for _, s in states], side="centre", turned=True
        ),
    ]
    chart = Chart(
        marks if several else marks[1:],
        Axis("set to zero, in this order", _labels(report), (-0.6, len(steps) - 0.4), turned=True),
        Axis(ACCURACY, limits=limits),
        reference=None if baseline is None else baseline.mean,
        width=width,
    )
    return Picture(title, about(report), [chart])


def sensitivity(report: Report) -> Picture:
    """How the accuracy changes with each weight: a box for each, a panel for each change."""
    title = f"Each weight changed a little: {whose(report)}"
    changes: dict[str, dict[str, Finding]] = {}
    for finding in report.findings:
        weight = finding.variant.weight or ""
        changes.setdefault(finding.variant.label.removeprefix(weight).strip(), {})[weight] = finding
    if not changes:
        return nothing_yet(title, about(report), why_nothing(report))
    limits = around([0.0, *chain.from_iterable(extent_of(finding.change) for finding in report.findings)])
    names = in_published_order(dict.fromkeys(chain.from_iterable(changes.values())))
    columns = min(4, len(changes))
    panels = [
        _boxes({name: found.get(name) for name in names}, limits, change, named=place % columns == 0)
        for place, (change, found) in enumerate(changes.items())
    ]
    return Picture(title, f"{CHANGE}; {about(report)}", panels, columns=columns)


def _boxes(findings: Mapping[str, Finding | None], limits: tuple[float, float], title: str, *, named: bool) -> Chart:
    known = [(row, f.change) for row, f in enumerate(findings.values()) if f is not None and f.change is not None]
    # A note has no room in so narrow a panel.
    states = [
        (row, "–" if f.state == NOT_TRAINED else f.state)
        for row, f in enumerate(findings.values())
        if f is not None and f.change is None
    ]
    boxes = [Box(row, *np.quantile(change.runs, [0, 0.25, 0.5, 0.75, 1]).tolist()) for row, change in known]
    marks: list[Mark] = [
        Boxes(boxes, _BOX),
        Series(
            [run for _, change in known for run in change.runs],
            [float(row) for row, change in known for _ in change.runs],
            Look(BLACK, "circle", size=2.4, opacity=0.6),
            "a single network",
        ),
        at_zero(states, limits),
    ]
    rows = replace(row_axis(list(findings)), named=named)
    title = title.replace("-", "\N{MINUS SIGN}")
    return Chart(
        marks,
        Axis("change", limits=limits, ticks=few_ticks(limits)),
        rows,
        title,
        0.0,
        lying=True,
        width=1.55,
        height=ROW * len(findings),
    )


def confirmation(report: Report) -> Picture:
    """The best trials of a study with fresh seeds, beside the one value that made them the best."""
    title = f"The best trials again: {report.of}"
    findings = [] if report.baseline is None else [report.baseline, *report.findings]
    searched = [(row, f.variant.searched) for row, f in enumerate(findings) if f.variant.searched is not None]
    seen = [*(value for _, value in searched), *chain.from_iterable(extent_of(f.accuracy) for f in findings)]
    if not seen:
        return nothing_yet(title, about(report), why_nothing(report))
    means, runs = in_rows([f.accuracy for f in findings])
    before = dict(searched)
    lines = [
        Series([before[row], f.accuracy.mean], [row, row], _LUCK)
        for row, f in enumerate(findings)
        if f.accuracy is not None and row in before
    ]
    states = [(row, before.get(row, seen[0]), state_of(f)) for row, f in enumerate(findings) if f.accuracy is None]
    marks = [
        *lines,
        *runs,
        *means,
        Series([value for _, value in searched], [row for row, _ in searched], _SEARCHED, "in the search"),
        Words([x for _, x, _ in states], [row for row, _, _ in states], [f"   {state}" for _, _, state in states]),
    ]
    rows = row_axis([f.variant.label if f.variant.trial is None else f"trial {f.variant.trial}" for f in findings])
    chart = Chart(
        marks, Axis(ACCURACY, limits=around(seen)), rows, lying=True, height=max(0.8, 1.2 * ROW * len(findings))
    )
    return Picture(title, about(report), [chart])


PICTURES: Mapping[str, Callable[[Report], Picture]] = {
    "zeroing": zeroing,
    "cumulative_zeroing": cumulative,
    "sensitivity": sensitivity,
    "confirmation": confirmation,
}
"""By kind of analysis."""


def _labels(report: Report) -> list[str]:
    return ["the whole goal", *(finding.variant.label for finding in report.findings)]


def _after(report: Report, step: Finding) -> Summary | None:
    """The accuracy after a step; one that leads to the goal that it all began with is not trained again."""
    return accuracy_of_baseline(report) if step.state == NOT_TRAINED else step.accuracy
