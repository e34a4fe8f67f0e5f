"""Charts for paper."""

from collections.abc import Iterator

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from service.pictures.chart import Chart
from service.pictures.colours import BLACK, PALE, PALE_BLUE
from service.pictures.marks import BOX, Bars, Boxes, Look, Mark, Series, Words

MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "up": "^",
    "down": "v",
    "cross": "x",
    None: "None",
}
DASHES = {
    "solid": "-",
    "dashed": (0, (4, 1.5)),
    "dotted": (0, (1, 1.2)),
    "dash-dotted": (0, (5, 1, 1, 1)),
    None: "None",
}
SIDES = {"left": "right", "centre": "center", "right": "left"}
"""How text is aligned that is on a side of a point."""

MANY = 2000
"""Points of which a drawing is larger than their pixels."""


def draw(axes: Axes, chart: Chart) -> Iterator[tuple[str, Artist]]:
    """Draw a chart, and give what belongs into a legend."""
    _axes(axes, chart)
    for mark in chart.marks:
        if isinstance(mark, Words):
            _words(axes, mark)
        elif isinstance(mark, Bars):
            _bars(axes, mark)
        elif isinstance(mark, Boxes):
            _boxes(axes, mark)
        else:
            _series(axes, mark, lying=chart.lying)
        yield from _named(mark)


def _axes(axes: Axes, chart: Chart) -> None:
    for axis, name, turned in ((chart.x, "x", chart.x.turned), (chart.y, "y", False)):
        own = axes.xaxis if name == "x" else axes.yaxis
        own.set_label_text(axis.label)
        if axis.limits is not None:
            (axes.set_xlim if name == "x" else axes.set_ylim)(*axis.limits)
        if axis.ticks:
            own.set_ticks(list(axis.ticks))
        if axis.rows:
            own.set_ticks(
                range(len(axis.rows)),
                labels=list(axis.rows) if axis.named else [""] * len(axis.rows),
                rotation=90 if turned else 0,
            )
            own.set_tick_params(length=0)
    if not (chart.x.label or chart.y.label or chart.x.rows or chart.y.rows):
        axes.set_axis_off()
    axes.grid(axis="x" if chart.lying else "y", color=PALE, linewidth=0.5)
    if chart.lying:
        axes.grid(axis="y", color=PALE, linewidth=0.5, linestyle=(0, (1, 3)))
    axes.set_axisbelow(True)
    if chart.reference is not None:
        (axes.axvline if chart.lying else axes.axhline)(chart.reference, color=BLACK, linewidth=0.8, zorder=1.5)


def _line(look: Look) -> dict[str, object]:
    return {
        "color": look.colour,
        "linestyle": DASHES[look.dash],
        "linewidth": look.width,
        "marker": MARKERS[look.marker],
        "markersize": look.size,
        "markerfacecolor": "none" if look.hollow else look.colour,
        "markeredgewidth": 1.2 if look.hollow or look.marker == "cross" else 0,
        "alpha": look.opacity,
    }


def _series(axes: Axes, series: Series, *, lying: bool) -> None:
    line = Line2D(
        list(series.x),
        list(series.y),
        markevery=series.every,
        drawstyle="steps-post" if series.stepped else "default",
        rasterized=len(series.x) > MANY,
        zorder=2.2 if series.look.opacity < 1 else 2.5,
        **_line(series.look),  # type: ignore[arg-type]  # a dictionary of several types
    )
    axes.add_line(line)
    bounded = [(x, y, ends) for x, y, ends in zip(series.x, series.y, series.intervals, strict=False) if ends]
    lines = [[(low, y), (high, y)] if lying else [(x, low), (x, high)] for x, y, (low, high) in bounded]
    axes.add_collection(LineCollection(lines, colors=series.look.colour, linewidths=1.3), autolim=False)
    ends = [point for line in lines for point in line]
    mark = {"marker": "|" if lying else "_", "markersize": 5.0, "color": series.look.colour, "linestyle": "None"}
    axes.add_line(Line2D([x for x, _ in ends], [y for _, y in ends], **mark))  # type: ignore[arg-type]  # as above


def _bars(axes: Axes, bars: Bars) -> None:
    axes.barh(bars.rows, bars.lengths, height=0.66, color=bars.look.colour)
    for row, length, spread in zip(bars.rows, bars.lengths, bars.spreads, strict=True):
        if spread is not None:
            axes.add_line(
                Line2D([length - spread, length + spread], [row, row], color=BLACK, linewidth=1.1, marker="|")
            )


def _boxes(axes: Axes, boxes: Boxes) -> None:
    colour = boxes.look.colour
    lines, medians, outlines = [], [], []
    for box in boxes.boxes:
        low, high = box.row - BOX / 2, box.row + BOX / 2
        left, right = box.lower_quartile, box.upper_quartile
        outlines.append([(left, low), (right, low), (right, high), (left, high)])
        lines += [
            [(box.low, box.row), (box.lower_quartile, box.row)],
            [(box.upper_quartile, box.row), (box.high, box.row)],
            *([(end, box.row - BOX / 4), (end, box.row + BOX / 4)] for end in (box.low, box.high)),
        ]
        medians.append([(box.median, low), (box.median, high)])
    filled = PolyCollection(outlines, facecolors=PALE_BLUE, edgecolors=colour, linewidths=0.9, zorder=2)
    axes.add_collection(filled, autolim=False)
    axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.9), autolim=False)
    axes.add_collection(LineCollection(medians, colors=colour, linewidths=2), autolim=False)


def _words(axes: Axes, words: Words) -> None:
    for x, y, text in zip(words.x, words.y, words.texts, strict=True):
        axes.text(
            x,
            y,
            text,
            color=words.colour,
            size=7.5,
            ha=SIDES[words.side],
            va="center_baseline",
            rotation=90 if words.turned else 0,
        )


def _named(mark: Mark) -> Iterator[tuple[str, Artist]]:
    if isinstance(mark, Series) and mark.name and len(mark.x) > 0:
        look = _line(mark.look)
        bar = Line2D([], [], **look)  # type: ignore[arg-type]  # a dictionary of several types
        yield mark.name, bar
    elif isinstance(mark, Bars | Boxes) and mark.name:
        yield mark.name, Patch(color=mark.look.colour)
