"""Pictures for the screen: plotly's figures, alone or in a page that needs nothing from anywhere else.

A figure is made of plain lists of rounded numbers: an array of numpy's would be written in an encoding of plotly's own.
"""

from html import escape
from typing import Any

import plotly.graph_objects as go
import plotly.io

from service.pictures.chart import Chart, HeatMap, Panel, Picture
from service.pictures.screen import charts, panels
from service.pictures.screen.layout import RIGHT, Frame, Layout, column_names, layout_of
from service.pictures.screen.text import FONT, SMALL, Json, as_text, lines

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
    places = layout_of(picture, height)
    layout: dict[str, Any] = {
        "template": "none",
        "font": {"family": FONT, "size": 12},
        "height": places.height,
        "margin": {"l": places.left, "r": RIGHT, "t": places.head, "b": places.foot, "autoexpand": False},
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -(places.foot - 8) / places.room,
            "yanchor": "bottom",
            "font": {"size": SMALL},
        },
        "shapes": [],
        "annotations": [_title(places)],
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "showlegend": True,
    }
    if places.width > WIDE and height is None:
        layout["width"] = places.width
    traces: list[Json] = []
    for panel, frame in zip(picture.panels, places.frames, strict=True):
        drawn, more = _draw(panel, frame, picture, places.room)
        traces += drawn
        layout["shapes"] += more.pop("shapes", [])
        layout["annotations"] += [*more.pop("annotations", []), *_panel_title(panel, frame)]
        layout |= more
    _name_once(traces)
    return go.Figure({"data": traces, "layout": layout})


def _draw(panel: Panel, frame: Frame, picture: Picture, room: int) -> tuple[list[Json], Json]:
    if isinstance(panel, Chart):
        return charts.drawn(panel, frame)
    if picture.scale is None:
        raise ValueError("a panel with colours that stand for numbers needs a scale")
    return panels.drawn(panel, frame, picture.scale, room)


def _title(places: Layout) -> Json:
    """An annotation: plotly cuts off the first of several lines of a title."""
    small = f'<br><span style="font-size: {SMALL}px">{lines(places.subtitle)}</span>' if places.subtitle else ""
    return {
        "text": f"<b>{lines(places.title)}</b>{small}",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 8 - places.left,
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
    return [
        {
            "text": as_text(panel.title),
            "x": frame.left,
            "y": frame.top,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "bottom",
            "yshift": column_names(panel) if isinstance(panel, HeatMap) else 4,
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
