"""Pictures for paper: drawn by matplotlib, as SVG or PNG."""

from io import BytesIO
from textwrap import wrap
from threading import Lock
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from service.pictures.chart import Chart, Graph, HeatMap, Panel, Picture
from service.pictures.colours import Scale
from service.pictures.paper import charts, panels

DOTS_PER_INCH = 150

LARGEST = 60_000
"""Dots that a side may have: Agg draws no more than 65,536."""

_SETTINGS: dict[Any, Any] = {  # its stubs list every name there is
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.titlesize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "text.parse_math": False,  # the dollars of a study's name are dollars
    "svg.fonttype": "none",  # text that can be searched and read aloud
    "svg.hashsalt": "infomorphic",  # the same picture, the same bytes
}

_settings = Lock()
"""Matplotlib's settings are the whole process's, and the service draws from many threads."""


def drawn(picture: Picture, file_format: Literal["svg", "png"]) -> bytes:
    """The file of a picture; the same one every time."""
    with _settings, mpl.rc_context(_SETTINGS):
        figure = _figure(picture)
        dots = min(DOTS_PER_INCH, LARGEST / max(figure.get_size_inches()))
        unsaid = {"Date": None, "Creator": None} if file_format == "svg" else {"Software": None}
        file = BytesIO()
        figure.savefig(file, format=file_format, dpi=dots, metadata={"Title": picture.title, **unsaid})
        return file.getvalue()


def _figure(picture: Picture) -> Figure:
    columns = picture.columns
    rows = [picture.panels[start : start + columns] for start in range(0, len(picture.panels), columns)]
    widths = [max(row[place].width for row in rows if place < len(row)) for place in range(columns)]
    heights = [max(panel.height for panel in row) for row in rows]
    # What is written around the panels takes room too; how much, constrained layout finds out.
    width = max(
        7.0, sum(widths) + 1.2 + (0.15 if picture.shares_rows else 0.5) * (columns - 1) + (0.9 if picture.scale else 0)
    )
    title, subtitle = wrap(picture.title, int(width * 11)), wrap(picture.subtitle, int(width * 15))
    head = 0.12 + 0.2 * len(title) + 0.16 * len(subtitle)
    height = head + sum(heights) + sum(max(map(_room, row)) for row in rows) + 0.4
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - head / height))
    left = 0.08 / width
    figure.text(left, 1 - 0.06 / height, "\n".join(title), size=11, weight="bold", va="top")
    figure.text(left, 1 - (0.1 + 0.2 * len(title)) / height, "\n".join(subtitle), va="top")
    grid = GridSpec(len(rows), columns, figure, width_ratios=widths, height_ratios=heights)
    legend: dict[str, Artist] = {}
    axes = []
    for place, panel in enumerate(picture.panels):
        axes.append(own := figure.add_subplot(grid[place // columns, place % columns]))
        own.set_title("\n".join(wrap(panel.title, int(panel.width * 13) or 1)), loc="left")
        if isinstance(panel, Chart):
            legend |= {name: handle for name, handle in charts.draw(own, panel) if name not in legend}
        elif picture.scale is not None:
            panels.draw(own, panel, picture.scale)
    if picture.scale is not None:
        bar = figure.colorbar(
            _mapping(picture.scale), ax=axes, shrink=0.6 if max(heights) > 3 else 0.9, aspect=25, pad=0.02
        )
        bar.set_label(picture.scale.label)
        bar.outline.set_linewidth(0.5)
    if len(legend) > 1:
        figure.legend(list(legend.values()), list(legend), loc="outside lower center", ncols=4)
    return figure


def _room(panel: Panel) -> float:
    """Inches above and below a panel for what is written there."""
    title = 0.25 if panel.title else 0
    if isinstance(panel, Graph):
        return title
    if isinstance(panel, HeatMap) and not panel.upright:
        return title + 0.2 + 0.15 * max(map(len, panel.names))
    names = panel.x.rows if isinstance(panel, Chart) and panel.x.turned else ()
    if not isinstance(panel, Chart):
        names = panel.columns if isinstance(panel, HeatMap) else panel.axes
    return title + 0.55 + 0.075 * min(26, max(map(len, names), default=0))


def _mapping(scale: Scale) -> ScalarMappable:
    colours = LinearSegmentedColormap.from_list("scale", list(scale.anchors))
    return ScalarMappable(Normalize(scale.low, scale.high), colours)
