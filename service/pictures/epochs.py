"""What information did while networks learned, as a picture of a trial's `history.csv`."""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from model.goal import BIVARIATE_ATOMS, RESIDUAL_ENTROPY, TRIVARIATE_ATOMS
from service.pictures.axes import around, whole_ticks
from service.pictures.chart import Chart, Picture, nothing_yet
from service.pictures.colours import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from service.pictures.marks import Axis, Dash, Look, Mark, Marker, Series, Words

_TERM = "|".join(map(re.escape, (*TRIVARIATE_ATOMS, *BIVARIATE_ATOMS, RESIDUAL_ENTROPY)))
_COLUMN = re.compile(rf"(?P<layer>.+) (?P<term>{_TERM})")

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE)
_LINES: tuple[tuple[Dash, Marker], ...] = (("solid", "circle"), ("dashed", "square"), ("dotted", "up"))
"""With six colours enough for the 18 atoms: neighbours in the order differ in colour, lines of a colour in the rest."""

_LEAST_DISTANCE = 0.19
"""Of two labels, in inches."""


def atoms_over_epochs(history_csv: bytes, title: str, subtitle: str = "", *, layer: str | None = None) -> Picture:
    """The terms of the information of each layer after each epoch, in bits: means over neurons and networks.

    Args:
        history_csv: The file of `model.record_files`.
        title: Of the picture.
        subtitle: What else there is to say.
        layer: The only one to show, such as `hidden 1`; all by default.

    Raises:
        ValueError: If the file is none of these, or has no such layer.
    """
    layers = _means(history_csv)
    if layer is not None and layer not in layers:
        raise ValueError(f"the history has no layer {layer!r}; there are {list(layers)}")
    if not layers:
        return nothing_yet(title, subtitle, "no layer has several sources")
    panels = [_panel(curves, name) for name, curves in layers.items() if layer in {None, name}]
    return Picture(title, subtitle, panels, columns=1 if len(panels) < 4 else 2)


def _means(history_csv: bytes) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """By layer and term the mean over the networks that have come to an epoch."""
    rows = csv.DictReader(history_csv.decode("utf-8").splitlines())
    if "epoch" not in (rows.fieldnames or ()):
        raise ValueError("a history has a column `epoch`; this has none")
    columns = [(name, match) for name in rows.fieldnames or () if (match := _COLUMN.fullmatch(name))]
    seen: dict[str, dict[int, list[float]]] = {name: defaultdict(list) for name, _ in columns}
    for row in rows:
        for name, _ in columns:
            seen[name][int(row["epoch"])].append(float(row[name]))
    layers: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for name, match in columns:
        curve = [(epoch, sum(values) / len(values)) for epoch, values in sorted(seen[name].items())]
        layers.setdefault(match["layer"], {})[match["term"]] = curve
    return layers


def _panel(curves: Mapping[str, Sequence[tuple[int, float]]], title: str) -> Chart:
    epochs = [epoch for epoch, _ in next(iter(curves.values()))]
    first, last = min(epochs, default=0), max(epochs, default=1)
    span = max(1, last - first)
    low, high = around([0.0, *(value for curve in curves.values() for _, value in curve)])
    marks: list[Mark] = []
    for place, (term, curve) in enumerate(curves.items()):
        marks.append(
            Series(
                [float(epoch) for epoch, _ in curve],
                [value for _, value in curve],
                _look(term, place),
                notes=[f"{term}, epoch {epoch}: {value:.4f} bits" for epoch, value in curve],
                every=max(1, len(curve) // 8),
            )
        )
    ends = [curve[-1][1] for curve in curves.values() if curve]
    height = 3.9 if len(curves) > 5 else 2.2
    distance = _LEAST_DISTANCE / height * (high - low)
    places = apart(ends, distance)
    margin = 0.5 * distance
    low, high = min([low, *(at - margin for at in places)]), max([high, *(at + margin for at in places)])
    for place, (term, at, end) in enumerate(zip(curves, places, ends, strict=False)):
        look = _look(term, place)
        marks.append(Series([last, last + 0.05 * span], [end, at], replace(look, dash="solid", width=0.5)))
        marks.append(Words([last + 0.065 * span], [at], [term], BLACK))
    return Chart(
        marks,
        Axis("epoch", limits=(first - 0.02 * span, last + 0.27 * span), ticks=whole_ticks(first, last)),
        Axis("information in bits", limits=(low, high)),
        title,
        reference=0.0,
        height=height,
    )


def _look(term: str, place: int) -> Look:
    if term == RESIDUAL_ENTROPY:
        return Look(BLACK, "diamond", "dash-dotted", size=4)
    dash, marker = _LINES[place // len(_COLOURS) % len(_LINES)]
    return Look(_COLOURS[place % len(_COLOURS)], marker, dash, size=3.5)


def apart(values: Sequence[float], distance: float) -> list[float]:
    """Places near the values, in their order, of which no two are nearer to each other than a distance.

    Those that would be too near are a group, at equal distances around the mean of its values.
    """
    groups: list[list[int]] = []

    def spread(group: Sequence[int]) -> list[float]:
        centre = sum(values[i] for i in group) / len(group)
        return [centre + (place - (len(group) - 1) / 2) * distance for place in range(len(group))]

    for i in sorted(range(len(values)), key=lambda i: values[i]):
        groups.append([i])
        while len(groups) > 1 and spread(groups[-1])[0] - spread(groups[-2])[-1] < distance:
            last = groups.pop()
            groups[-1] += last
    found = {i: at for group in groups for i, at in zip(group, spread(group), strict=True)}
    return [found[i] for i in range(len(values))]
