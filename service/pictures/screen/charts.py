"""Charts for the screen."""

from service.pictures.chart import Chart
from service.pictures.colours import BLACK, PALE, PALE_BLUE
from service.pictures.marks import BOX, Axis, Bars, Boxes, Look, Mark, Series, Words
from service.pictures.screen.layout import Frame
from service.pictures.screen.text import SMALL, Json, as_text, numbers

MARKERS = {
    "circle": "circle",
    "square": "square",
    "diamond": "diamond",
    "up": "triangle-up",
    "down": "triangle-down",
    "cross": "x-thin",
}
DASHES = {"solid": "solid", "dashed": "dash", "dotted": "dot", "dash-dotted": "dashdot"}
SIDES = {"left": "middle left", "centre": "middle center", "right": "middle right"}

MANY = 5000
"""Points that are too many for a browser to draw one by one."""


def drawn(chart: Chart, frame: Frame) -> tuple[list[Json], Json]:
    """The traces of a chart, and its part of the layout."""
    traces = [{**trace, **frame.axes} for mark in chart.marks for trace in _traces(mark, lying=chart.lying)]
    layout = {
        **frame.axis("x", **_axis(chart.x, grid=chart.lying)),
        **frame.axis("y", **_axis(chart.y, grid=not chart.lying)),
        "annotations": [
            note for mark in chart.marks if isinstance(mark, Words) and mark.turned for note in _turned(mark, frame)
        ],
    }
    if not (chart.x.label or chart.y.label or chart.x.rows or chart.y.rows):
        for name in ("x", "y"):
            layout[f"{name}axis{frame.number}"]["visible"] = False
    if chart.reference is not None:
        value, across = ("x", "y") if chart.lying else ("y", "x")
        ends = {f"{value}0": chart.reference, f"{value}1": chart.reference, f"{across}0": 0, f"{across}1": 1}
        references = {**frame.references, f"{across}ref": f"{across}{frame.number} domain"}
        line = {"color": BLACK, "width": 1}
        layout["shapes"] = [{"type": "line", **ends, **references, "line": line, "layer": "above"}]
    return traces, layout


def _axis(axis: Axis, *, grid: bool) -> Json:
    settings: Json = {
        "title": {"text": as_text(axis.label), "standoff": 8},
        "showline": True,
        "linecolor": BLACK,
        "showgrid": grid or bool(axis.rows and not axis.turned),
        "gridcolor": PALE,
        "ticks": "" if axis.rows else "outside",
    }
    if not grid and axis.rows:
        settings["griddash"] = "dot"
    if axis.limits is not None:
        settings["range"] = numbers(axis.limits)  # as what is there, or text at an end is outside and not shown
    if axis.ticks:
        settings |= {"tickvals": numbers(axis.ticks)}
    if axis.rows:
        names = [as_text(name) for name in axis.rows]
        settings["showticklabels"] = axis.named
        settings |= {"tickvals": list(range(len(names))), "ticktext": names, "tickfont": {"size": SMALL}}
        settings["tickangle"] = -90 if axis.turned else 0
    return settings


def _traces(mark: Mark, *, lying: bool) -> list[Json]:
    if isinstance(mark, Words):
        return [] if mark.turned or not mark.texts else [_words(mark)]
    if isinstance(mark, Bars):
        return [_bars(mark)]
    if isinstance(mark, Boxes):
        return [_boxes(mark)] if mark.boxes else []
    return [_series(mark, lying=lying)] if mark.x else []


def _series(series: Series, *, lying: bool) -> Json:
    look = series.look
    marked = look.marker is not None
    trace: Json = {
        "type": "scattergl" if len(series.x) > MANY else "scatter",
        "mode": "+".join(["lines"] * (look.dash is not None) + ["markers"] * marked),
        "x": numbers(series.x),
        "y": numbers(series.y),
        "name": as_text(series.name),
        "opacity": look.opacity,
        "hoverinfo": "text" if series.notes else "x+y" if marked else "skip",
        "cliponaxis": False,
    }
    if look.dash is not None:
        shape = "hv" if series.stepped else "linear"
        trace["line"] = {"color": look.colour, "width": 1.3 * look.width, "dash": DASHES[look.dash], "shape": shape}
    if look.marker is not None:
        trace["marker"] = _marker(look, len(series.x), series.every)
    if series.notes:
        trace["hovertext"] = [as_text(note) for note in series.notes]
    if any(series.intervals):
        values = series.x if lying else series.y
        pairs = [(value, ends or (value, value)) for value, ends in zip(values, series.intervals, strict=True)]
        trace["error_x" if lying else "error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": numbers(high - value for value, (_, high) in pairs),
            "arrayminus": numbers(value - low for value, (low, _) in pairs),
            "thickness": 1.6,
            "width": 4,
        }
    if trace["type"] == "scattergl":
        del trace["cliponaxis"]
    return trace


def _marker(look: Look, count: int, every: int) -> Json:
    outlined = look.hollow or look.marker == "cross"
    size = 1.35 * look.size
    return {
        "symbol": MARKERS[look.marker or "circle"] + ("-open" if look.hollow else ""),
        "size": size if every == 1 else [0 if place % every else size for place in range(count)],
        "color": look.colour,
        "opacity": 1,
        "line": {"width": 1.6 if outlined else 0, "color": look.colour},
    }


def _words(words: Words) -> Json:
    return {
        "type": "scatter",
        "mode": "text",
        "x": numbers(words.x),
        "y": numbers(words.y),
        "text": [as_text(text) for text in words.texts],
        "textposition": SIDES[words.side],
        "textfont": {"size": SMALL, "color": words.colour},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _turned(words: Words, frame: Frame) -> list[Json]:
    return [
        {
            "text": as_text(text),
            "x": x,
            "y": y,
            **frame.references,
            "textangle": -90,
            "showarrow": False,
            "font": {"size": SMALL, "color": words.colour},
        }
        for x, y, text in zip(words.x, words.y, words.texts, strict=True)
    ]


def _bars(bars: Bars) -> Json:
    return {
        "type": "bar",
        "orientation": "h",
        "x": numbers(bars.lengths),
        "y": numbers(bars.rows),
        "width": 0.66,
        "name": as_text(bars.name),
        "marker": {"color": bars.look.colour},
        "hoverinfo": "x",
        "error_x": {
            "type": "data",
            "array": numbers(spread or 0.0 for spread in bars.spreads),
            "color": BLACK,
            "thickness": 1.3,
            "width": 3,
        },
    }


def _boxes(boxes: Boxes) -> Json:
    return {
        "type": "box",
        "orientation": "h",
        "y": numbers(box.row for box in boxes.boxes),
        "lowerfence": numbers(box.low for box in boxes.boxes),
        "q1": numbers(box.lower_quartile for box in boxes.boxes),
        "median": numbers(box.median for box in boxes.boxes),
        "q3": numbers(box.upper_quartile for box in boxes.boxes),
        "upperfence": numbers(box.high for box in boxes.boxes),
        "width": BOX,
        "name": as_text(boxes.name),
        "line": {"color": boxes.look.colour, "width": 1.3},
        "fillcolor": PALE_BLUE,
        "hoverinfo": "x",
    }
