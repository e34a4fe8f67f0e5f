"""What information did while networks learned, as a picture of a trial's `history.csv`."""

import csv
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from model.goal import BIVARIATE_ATOMS, RESIDUAL_ENTROPY, TRIVARIATE_ATOMS
from service.pictures.axes import around, whole_ticks
from service.pictures.chart import Chart, Picture, nothing_yet
from service.pictures.colours import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from service.pictures.labels import apart
from service.pictures.marks import Axis, Dash, Look, Mark, Marker, Series, Words

_TERM = "|".join(map(re.escape, (*TRIVARIATE_ATOMS, *BIVARIATE_ATOMS, RESIDUAL_ENTROPY)))
_COLUMN = re.compile(rf"(?P<layer>.+) (?P<term>{_TERM})")

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE)
_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")
_MARKERS: tuple[Marker, ...] = ("circle", "square", "diamond", "up", "down", "cross")
"""Enough for the 18 atoms: no two have the same dash and colour, nor the same dash and marker, which print keeps."""

_THIN, _ZERO = Look(GREY, dash="solid", width=0.5), Look(BLACK, dash="solid", width=0.8)

_LEAST_DISTANCE = 0.19
"""Of two labels, in inches."""

_Curves = Mapping[str, Sequence[tuple[int, float]]]
"""By term what is known after each epoch."""


def atoms_over_epochs(history_csv: bytes, title: str, subtitle: str = "") -> Picture:
    """The terms of the information of each layer after each epoch, in bits: means over neurons and networks.

    Args:
        history_csv: The file of `model.record_files`.
        title: Of the picture.
        subtitle: What else there is to say.

    Raises:
        ValueError: If the file is none of these.
    """
    layers = _means(history_csv)
    if not layers:
        return nothing_yet(title, subtitle, "nothing is known of any layer with several sources")
    panels: list[Chart] = []
    for name, curves in layers.items():
        atoms = {term: curve for term, curve in curves.items() if term != RESIDUAL_ENTROPY}
        # About ten times as large as the atoms, which would be one line beside it.
        rest = {term: curve for term, curve in curves.items() if term == RESIDUAL_ENTROPY}
        if atoms:
            panels.append(_of_atoms(atoms, name))
        if rest:
            panels.append(_of_rest(rest, "" if atoms else name))
    return Picture(title, subtitle, panels)


def _means(history_csv: bytes) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """By layer and term the mean over the networks that have come to an epoch and not diverged."""
    rows = csv.DictReader(history_csv.decode("utf-8").splitlines())
    if "epoch" not in (rows.fieldnames or ()):
        raise ValueError("a history has a column `epoch`; this has none")
    columns = [(name, match) for name in rows.fieldnames or () if (match := _COLUMN.fullmatch(name))]
    seen: dict[str, dict[int, list[float]]] = {name: defaultdict(list) for name, _ in columns}
    for row in rows:
        for name, _ in columns:
            if math.isfinite(value := float(row[name])):
                seen[name][int(row["epoch"])].append(value)
    layers: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for name, match in columns:
        curve = [(epoch, sum(values) / len(values)) for epoch, values in sorted(seen[name].items())]
        if curve:
            layers.setdefault(match["layer"], {})[match["term"]] = curve
    return layers


def _of_atoms(curves: _Curves, title: str) -> Chart:
    limits = around([0.0, *(value for curve in curves.values() for _, value in curve)])
    height = 3.9 if len(curves) > 4 else 1.9
    return _panel(curves, limits, "information in bits", title, height)


def _of_rest(curves: _Curves, title: str) -> Chart:
    limits = around([value for curve in curves.values() for _, value in curve], least=0.05)
    return _panel(curves, limits, "in bits", title, 0.9)


def _panel(curves: _Curves, limits: tuple[float, float], label: str, title: str, height: float) -> Chart:
    epochs = [epoch for curve in curves.values() for epoch, _ in curve]
    first, last = min(epochs), max(epochs)
    span = max(1, last - first)
    start, end = first - 0.02 * span, last + 0.02 * span
    marks: list[Mark] = [Series([end, end], limits, _THIN)]
    if limits[0] <= 0 <= limits[1]:
        marks.append(Series([start, end], [0, 0], _ZERO))
    marks += [
        Series(
            [float(epoch) for epoch, _ in curve],
            [value for _, value in curve],
            _look(term, place),
            notes=[f"{term}, epoch {epoch}: {value:.4f} bits" for epoch, value in curve],
            every=max(1, len(curve) // 8),
        )
        for place, (term, curve) in enumerate(curves.items())
    ]
    return Chart(
        [*marks, *_key(curves, limits, end, span, height)],
        Axis("epoch", limits=(start, end + 0.34 * span), ticks=whole_ticks(first, last)),
        Axis(label, limits=limits),
        title,
        height=height,
    )


def _key(curves: _Curves, limits: tuple[float, float], end: float, span: float, height: float) -> list[Mark]:
    """What each curve is called, beside where it ends: a thin line leads there from a piece of a line like it."""
    ends = [curve[-1][1] for curve in curves.values()]
    places = apart(ends, _LEAST_DISTANCE / height * (limits[1] - limits[0]), limits)
    marks: list[Mark] = []
    for place, (term, value, at) in enumerate(zip(curves, ends, places, strict=True)):
        sample = [end + share * span for share in (0.05, 0.08, 0.11)]
        marks.append(Series([end, end + 0.04 * span], [value, at], _THIN))
        marks.append(Series(sample, [at] * 3, replace(_look(term, place), marker=None)))
        marks.append(Series(sample[1:2], [at], replace(_look(term, place), dash=None), notes=[term]))
        marks.append(Words([end + 0.125 * span], [at], [term], BLACK))
    return marks


def _look(term: str, place: int) -> Look:
    if term == RESIDUAL_ENTROPY:
        return Look(BLACK, "diamond", "dash-dotted", size=4.2)
    colour, dash = place % len(_COLOURS), place // len(_COLOURS) % len(_DASHES)
    return Look(_COLOURS[colour], _MARKERS[(colour + 2 * dash) % len(_MARKERS)], _DASHES[dash], size=4.2)
