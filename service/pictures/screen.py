"""Pictures for the screen: plotly's figures, alone or in a page that needs nothing from anywhere else.

A figure is made of plain lists of rounded numbers: an array of numpy's would be written in an encoding of plotly's own.
"""

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go
import plotly.io

from service.pictures import screen_charts, screen_panels
from service.pictures.chart import Chart, Graph, HeatMap, Panel, Parallel, Picture
from service.pictures.screen_text import FONT, SMALL, Frame, Json, as_text, lines

INCH = 110
"""Pixels, so that text of 12 is as large beside a panel as it is in print."""

LEAST_INCH = 45
"""Pixels, with which names of rows just do not touch."""

DASHBOARD = 450
"""Pixels that optuna-dashboard shows of a figure; it cuts off the rest."""

WIDE = 1100
"""Pixels; what is wider has its own width, and the rest that of the window."""

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body style="margin: 0">
{figure}
</body>
</html>
"""


def page(picture: Picture) -> bytes:
    """An HTML page with the picture and all that draws it; the same one every time."""
    figure = plotly.io.to_html(
        plotly_figure(picture),
        full_html=False,
        include_plotlyjs=True,
        include_mathjax=False,
        div_id="picture",
        default_height="100%",
        # Nothing of a study goes to a server of somebody else.
        config={"responsive": True, "displaylogo": False, "modeBarButtonsToRemove": ["sendChartToCloud"]},
    )
    return _PAGE.format(title=escape(picture.title), figure=figure).encode()


def plotly_figure(picture: Picture, height: int | None = None) -> go.Figure:
    """The picture as a figure of plotly's, such as optuna-dashboard shows beside a study.

    Args:
        picture: Of one row of panels, if it is for a low place.
        height: In pixels, if there is a limit; `DASHBOARD` for optuna-dashboard. Text keeps its size, and a picture
            that could not be read any more is higher.
    """
    frames, width, whole = _frames(picture, height)
    bottom = _bottom(picture)
    layout: dict[str, Any] = {
        "template": "none",
        "font": {"family": FONT, "size": 12},
        "height": whole,
        "margin": {"l": _LEFT, "r": _RIGHT, "t": _head(picture), "b": bottom, "autoexpand": False},
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -(bottom - 8) / (whole - _head(picture) - bottom),
            "yanchor": "bottom",
            "font": {"size": SMALL},
        },
        "shapes": [],
        "annotations": [_title(picture)],
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "showlegend": True,
    }
    if width > WIDE and height is None:
        layout["width"] = width
    traces: list[Json] = []
    for panel, frame in zip(picture.panels, frames, strict=True):
        drawn, more = _draw(panel, frame, picture)
        traces += drawn
        layout["shapes"] += more.pop("shapes", [])
        layout["annotations"] += [*more.pop("annotations", []), *_panel_title(panel, frame)]
        layout |= more
    _name_once(traces)
    return go.Figure({"data": traces, "layout": layout})


_LEFT, _RIGHT = 130, 110
"""Pixels at the edges: for names of rows, and for a bar of colours or numbers."""


def _draw(panel: Panel, frame: Frame, picture: Picture) -> tuple[list[Json], Json]:
    if isinstance(panel, Chart):
        return screen_charts.drawn(panel, frame)
    if picture.scale is None:
        raise ValueError("a panel with colours that stand for numbers needs a scale")
    return screen_panels.drawn(panel, frame, picture.scale)


def _frames(picture: Picture, limit: int | None) -> tuple[list[Frame], int, int]:
    """Where the panels are, and how many pixels all take."""
    around = _head(picture) + _bottom(picture)
    columns = picture.columns
    gap = 30 if picture.shares_rows else _GAP
    rows = [picture.panels[start : start + columns] for start in range(0, len(picture.panels), columns)]
    widths = [max(row[place].width for row in rows if place < len(row)) * INCH for place in range(columns)]
    across = sum(widths) + gap * (columns - 1)
    above, below = zip(*(_room(row) for row in rows), strict=True)
    inches = [max(panel.height for panel in row) for row in rows]
    inch = INCH if limit is None else (limit - around - sum(above) - sum(below)) / sum(inches)
    heights = [max(LEAST_INCH, min(INCH, inch)) * own for own in inches]
    down = sum(above) + sum(heights) + sum(below)
    frames: list[Frame] = []
    top = 0.0
    for row, before, height, after in zip(rows, above, heights, below, strict=True):
        top += before
        left = 0.0
        for panel, width in zip(row, widths, strict=False):
            own = panel.width * INCH if isinstance(panel, HeatMap | Graph) else width
            frames.append(
                Frame(
                    number=str(len(frames) + 1) if frames else "",
                    left=left / across,
                    right=(left + own) / across,
                    bottom=max(0.0, 1 - (top + height) / down),
                    top=1 - top / down,
                )
            )
            left += width + gap
        top += height + after
    return frames, round(across + _LEFT + _RIGHT), round(down + around)


_GAP = 175
"""Pixels between panels beside each other, for numbers and the next one's names of rows."""


def _room(row: Sequence[Panel]) -> tuple[float, float]:
    """Pixels for what is written above the panels of a row, and below."""
    above = below = 0.0
    for panel in row:
        title = 26 if panel.title else 4
        over = under = 0
        if isinstance(panel, HeatMap):
            over = 8 + 7 * min(26, max(map(len, panel.columns)))
        elif isinstance(panel, Parallel):
            over, under = 40 + 7 * max(map(len, panel.axes)), 34
        elif isinstance(panel, Chart):
            turned = 7 * max(map(len, panel.x.rows), default=0) if panel.x.turned else 0
            under = 52 + turned
        above, below = max(above, title + over), max(below, under)
    return above, below


def _bottom(picture: Picture) -> int:
    """Pixels at the lower edge, for a legend where there may be one."""
    return 40 if any(isinstance(panel, Chart) for panel in picture.panels) else 14


def _wrapped(picture: Picture) -> tuple[list[str], list[str]]:
    return wrap(picture.title, 90), wrap(picture.subtitle, 130)


def _head(picture: Picture) -> int:
    title, subtitle = _wrapped(picture)
    return 34 + 23 * len(title) + 18 * len(subtitle)


def _title(picture: Picture) -> Json:
    """An annotation: plotly cuts off the first of several lines of a title."""
    title, subtitle = _wrapped(picture)
    small = f'<br><span style="font-size: {SMALL}px">{lines(subtitle)}</span>' if subtitle else ""
    return {
        "text": f"<b>{lines(title)}</b>{small}",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 8 - _LEFT,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 10,
        "align": "left",
        "showarrow": False,
        "font": {"size": 17},
    }


def _panel_title(panel: Panel, frame: Frame) -> list[Json]:
    if not panel.title:
        return []
    above = 7 * min(26, max(map(len, panel.columns))) + 8 if isinstance(panel, HeatMap) else 4
    return [
        {
            "text": as_text(panel.title),
            "x": frame.left,
            "y": frame.top,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "bottom",
            "yshift": above,
            "showarrow": False,
            "font": {"size": 13},
        }
    ]


def _name_once(traces: list[Json]) -> None:
    """Let each name be in the legend once, and none if there is but one."""
    names = {trace["name"] for trace in traces if trace.get("name")}
    seen = set() if len(names) > 1 else set(names)
    for trace in traces:
        name = trace.get("name")
        if trace["type"] in {"scatter", "scattergl", "bar", "box"}:
            trace["showlegend"] = bool(name) and name not in seen
            if name:
                trace["legendgroup"] = name
        seen.add(name)
