"""Graphs, tables of colours and parallel coordinates for paper."""

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from service.pictures.chart import NODE, Graph, HeatMap, Panel, Parallel, signed
from service.pictures.colours import BLACK, GREY, VERMILION, Scale, ink_on

MANY = 200
"""Lines of which a drawing is larger than their pixels."""


def draw(axes: Axes, panel: Panel, scale: Scale) -> None:
    """Draw a panel whose colours are a scale's."""
    if isinstance(panel, Graph):
        _graph(axes, panel, scale)
    elif isinstance(panel, HeatMap):
        _heat_map(axes, panel, scale)
    elif isinstance(panel, Parallel):
        _parallel(axes, panel, scale)


def _graph(axes: Axes, graph: Graph, scale: Scale) -> None:
    (left, right), (bottom, top) = graph.bounds
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    ends = [[(graph.nodes[i].x, graph.nodes[i].y) for i in edge] for edge in graph.edges]
    axes.add_collection(LineCollection(ends, colors=GREY, linewidths=0.8, zorder=1), autolim=False)
    width, height = NODE
    for node in graph.nodes:
        colour = scale.colour(node.value)
        corner = (node.x - width / 2, node.y - height / 2)
        # On a copier red and blue are the same grey.
        line = (0, (3, 1.5)) if node.value < 0 else "-"
        axes.add_patch(
            Rectangle(corner, width, height, facecolor=colour, edgecolor=BLACK, linewidth=0.8, linestyle=line)
        )
        ink = ink_on(colour)
        axes.text(node.x, node.y + 0.12, node.name, color=ink, size=7.5, ha="center", va="center")
        axes.text(
            node.x, node.y - 0.13, signed(node.value), color=ink, size=8.5, weight="bold", ha="center", va="center"
        )


def _heat_map(axes: Axes, table: HeatMap, scale: Scale) -> None:
    axes.set(xlim=(-0.5, table.places - 0.5), ylim=(len(table.rows) - 0.5, -0.5))
    for row, cells in enumerate(table.cells):
        for column, value in enumerate(cells):
            colour = scale.colour(value)
            corner = (column - 0.5, row - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, facecolor=colour, edgecolor="white", linewidth=0.8))
            axes.text(column, row, signed(value), color=ink_on(colour), size=7.5, ha="center", va="center")
    names = ["\n".join(lines) for lines in table.names]
    axes.set_xticks(range(len(names)), names, rotation=90 if table.upright else 0)
    axes.set_yticks(range(len(table.rows)), list(table.rows))
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)


def _parallel(axes: Axes, panel: Parallel, scale: Scale) -> None:
    places = range(len(panel.axes))
    low, high = panel.limits
    axes.set(xlim=(-0.3, len(panel.axes) - 0.7), ylim=(low - 0.03 * (high - low), high + 0.03 * (high - low)))
    axes.vlines(places, low, high, color=GREY, linewidth=0.6, zorder=1)
    paths = [list(zip(places, line, strict=True)) for line in panel.lines]
    colours = [scale.colour(value) for value in panel.values]
    few = len(paths) <= MANY
    axes.add_collection(
        LineCollection(
            paths, colors=colours, linewidths=0.9 if few else 0.5, alpha=0.8 if few else 0.45, rasterized=not few
        ),
        autolim=False,
    )
    x, y = zip(*paths[panel.best], strict=True)
    axes.plot(x, y, color="white", linewidth=3.2)
    axes.plot(x, y, color=VERMILION, linewidth=1.8, marker="o", markersize=3.5, label="best")
    axes.legend([axes.lines[-1]], [f"best: {panel.names[panel.best]}"], loc="lower left", bbox_to_anchor=(0, 1))
    axes.set_xticks(places, list(panel.axes), rotation=90)
    axes.set_ylabel("weight γ")
    axes.spines[:].set_visible(False)
