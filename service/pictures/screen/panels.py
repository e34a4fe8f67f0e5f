"""Graphs, tables of colours and parallel coordinates for the screen."""

from textwrap import wrap

from service.pictures.chart import NODE, Graph, HeatMap, Panel, Parallel, signed
from service.pictures.colours import BLACK, GREY, VERMILION, Scale, ink_on
from service.pictures.screen.layout import Frame
from service.pictures.screen.text import SMALL, Json, as_text, lines, numbers

BAR = 320
"""Pixels that a bar of colours is long, where there is room for them."""


def drawn(panel: Panel, frame: Frame, scale: Scale, room: int) -> tuple[list[Json], Json]:
    """The traces of a panel whose colours are a scale's, and its part of the layout.

    Args:
        panel: To be drawn.
        frame: Where it is.
        scale: Of its colours.
        room: Pixels for a bar of colours.
    """
    bar = _scaled(scale, min(BAR, room))
    if isinstance(panel, Graph):
        return _graph(panel, frame, scale, bar)
    if isinstance(panel, HeatMap):
        return _heat_map(panel, frame, scale, bar)
    if isinstance(panel, Parallel):
        return _parallel(panel, frame, scale, bar)
    raise TypeError(f"{type(panel).__name__} has no colours that stand for numbers")


def _graph(graph: Graph, frame: Frame, scale: Scale, bar: Json) -> tuple[list[Json], Json]:
    across, upwards = graph.bounds
    width, height = NODE
    shapes: list[Json] = []
    for low, high in graph.edges:
        start, end = graph.nodes[low], graph.nodes[high]
        ends = {"x0": start.x, "y0": start.y, "x1": end.x, "y1": end.y}
        shapes.append({"type": "line", **ends, "line": {"color": GREY, "width": 1.2}})
    for node in graph.nodes:
        corners = {
            "x0": node.x - width / 2,
            "x1": node.x + width / 2,
            "y0": node.y - height / 2,
            "y1": node.y + height / 2,
        }
        line = {"color": BLACK, "width": 1, "dash": "dash" if node.value < 0 else "solid"}
        shapes.append({"type": "rect", **corners, "line": line, "fillcolor": scale.colour(node.value)})
    text: Json = {
        "type": "scatter",
        "mode": "text",
        "x": numbers(node.x for node in graph.nodes),
        "y": numbers(node.y for node in graph.nodes),
        "text": [f"{as_text(node.name)}<br><b>{signed(node.value)}</b>" for node in graph.nodes],
        "textfont": {"size": SMALL, "color": [ink_on(scale.colour(node.value)) for node in graph.nodes]},
        "hoverinfo": "text",
        "hovertext": [f"{as_text(node.name)}: {node.value:.6g}" for node in graph.nodes],
        **frame.axes,
    }
    hidden = {"visible": False, "fixedrange": True}
    layout = {
        **frame.axis("x", range=list(across), **hidden),
        **frame.axis("y", range=list(upwards), **hidden),
        "shapes": [{**shape, **frame.references, "layer": "below"} for shape in shapes],
    }
    return [text, _bar(frame, scale, bar)], layout


def _bar(frame: Frame, scale: Scale, bar: Json) -> Json:
    """A trace of nothing but its bar of colours, once in a picture."""
    marker = {"color": [scale.low], "showscale": frame.number == "", **bar}
    return {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "marker": marker, **frame.axes}


def _scaled(scale: Scale, length: int) -> Json:
    last = len(scale.anchors) - 1
    return {
        "colorscale": [[place / last, colour] for place, colour in enumerate(scale.anchors)],
        "cmin": scale.low,
        "cmax": scale.high,
        "colorbar": {
            "title": {"text": lines(wrap(scale.label, 12)), "side": "top", "font": {"size": SMALL}},
            "len": length,
            "lenmode": "pixels",
            "thickness": 14,
            "y": 1,
            "yanchor": "top",
            "x": 1.02,
            "xanchor": "left",
        },
    }


def _heat_map(table: HeatMap, frame: Frame, scale: Scale, bar: Json) -> tuple[list[Json], Json]:
    trace: Json = {
        "type": "heatmap",
        "z": [numbers(cells) for cells in table.cells],
        "text": [[signed(value) for value in cells] for cells in table.cells],
        "texttemplate": "%{text}",
        "textfont": {"size": SMALL},
        "hoverinfo": "z",
        "xgap": 1,
        "ygap": 1,
        "colorscale": bar["colorscale"],
        "zmin": scale.low,
        "zmax": scale.high,
        "colorbar": bar["colorbar"],
        "showscale": frame.number == "",
        **frame.axes,
    }
    columns = [lines(name) for name in table.names]
    rows = [as_text(name) for name in table.rows]
    plain = {"showgrid": False, "ticks": "", "tickfont": {"size": SMALL}}
    layout = {
        **frame.axis(
            "x",
            tickvals=list(range(len(columns))),
            ticktext=columns,
            tickangle=-90 if table.upright else 0,
            side="top",
            range=[-0.5, table.places - 0.5],
            **plain,
        ),
        **frame.axis("y", tickvals=list(range(len(rows))), ticktext=rows, range=[len(rows) - 0.5, -0.5], **plain),
    }
    return [trace], layout


def _parallel(panel: Parallel, frame: Frame, scale: Scale, bar: Json) -> tuple[list[Json], Json]:
    """Lines that can be chosen by dragging along an axis; plotly has no text or widths for single ones.

    The best one is drawn twice: in the colour of its value, and in that of a value above all others, on top.
    """
    span = scale.high - scale.low
    top = scale.high + 0.02 * span
    share = span / (top - scale.low)
    colours = [[share * place, colour] for place, colour in bar["colorscale"]]
    shown = [*panel.lines, panel.lines[panel.best]]
    trace: Json = {
        "type": "parcoords",
        "dimensions": [
            {
                "label": as_text(name),
                "values": numbers(line[place] for line in shown),
                "range": list(panel.limits),
                "tickvals": [-1, -0.5, 0, 0.5, 1] if place == 0 else [],
            }
            for place, name in enumerate(panel.axes)
        ],
        "line": {
            **bar,
            "color": numbers([*panel.values, top]),
            "colorscale": [*colours, [share + 1e-6, VERMILION], [1, VERMILION]],
            "cmax": top,
            "showscale": True,
        },
        "labelangle": -90,
        "labelside": "top",
        "labelfont": {"size": SMALL},
        "tickfont": {"size": SMALL},
        "rangefont": {"size": 1, "color": "rgba(0,0,0,0)"},
        "domain": {"x": [frame.left, frame.right], "y": [frame.bottom, frame.top]},
    }
    note: Json = {
        "text": f"in orange the best: {as_text(panel.names[panel.best])}; drag along an axis to choose lines",
        "x": 0,
        "y": frame.bottom,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "yshift": -14,
        "showarrow": False,
        "font": {"size": SMALL},
    }
    return [trace], {"annotations": [note]}
