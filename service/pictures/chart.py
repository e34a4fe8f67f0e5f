"""What a picture shows, as plain data: said once, and drawn for paper and for the screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from service.pictures.colours import BLACK, Scale
from service.pictures.marks import Axis, Mark, Words


@dataclass(frozen=True)
class Chart:
    """Marks between two axes.

    Attributes:
        reference: Value that others are compared with, a line from end to end.
        lying: Whether values go from left to right.
        width: Without what is written around it, in inches, as the height.
    """

    marks: Sequence[Mark]
    x: Axis
    y: Axis
    title: str = ""
    reference: float | None = None
    lying: bool = False
    width: float = 5.6
    height: float = 3.4


NODE = (0.86, 0.6)
"""Width and height of a node's box, where the next one is at a distance of 1."""


@dataclass(frozen=True)
class Node:
    """A box in a graph with a name and a weight; places are counted in nodes from left to right, and upwards."""

    name: str
    x: float
    y: float
    value: float


@dataclass(frozen=True)
class Graph:
    """Nodes with the colours of their values, and lines between some.

    Attributes:
        edges: Positions of the nodes at both ends.
    """

    nodes: Sequence[Node]
    edges: Sequence[tuple[int, int]]
    title: str = ""

    @property
    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """What of the plane is to be seen: from left to right, and from below upwards."""
        xs, ys = [node.x for node in self.nodes], [node.y for node in self.nodes]
        return (min(xs) - 0.5, max(xs) + 0.5), (min(ys) - 0.4, max(ys) + 0.4)

    @property
    def width(self) -> float:
        """In inches."""
        left, right = self.bounds[0]
        return 1.3 * (right - left)

    @property
    def height(self) -> float:
        """In inches."""
        bottom, top = self.bounds[1]
        return 0.72 * (top - bottom)


_LETTERS = 15
"""That are an inch wide."""

_LINES, _UPWARDS = 2, 26
"""Lines that a name above a column may have, and letters in a line of one that is written upwards."""


@dataclass(frozen=True)
class HeatMap:
    """Numbers in the colours of the picture's scale.

    Attributes:
        cells: (row, column).
        places: Columns that there is room for, so that those of several tables are alike.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[float]]
    places: int
    title: str = ""

    @property
    def width(self) -> float:
        """In inches."""
        return max(4.8, 0.8 * self.places)

    @property
    def upright(self) -> bool:
        """Whether the names of columns are written upwards, as one is too long to stand above its column."""
        return any(len(lines) > _LINES or len(max(lines, key=len)) > self._across for lines in self._lying)

    @property
    def names(self) -> Sequence[Sequence[str]]:
        """Of the columns, in lines."""
        return [wrap(name, _UPWARDS) for name in self.columns] if self.upright else self._lying

    @property
    def _across(self) -> int:
        return int(_LETTERS * self.width / self.places)

    @property
    def _lying(self) -> Sequence[Sequence[str]]:
        return [wrap(name, self._across, break_long_words=False) or [""] for name in self.columns]

    @property
    def height(self) -> float:
        """In inches."""
        return 0.26 * len(self.rows)


@dataclass(frozen=True)
class Parallel:
    """Parallel coordinates: each line goes through its numbers on all axes, in the colour of its value.

    Attributes:
        lines: For each line a number on each axis.
        values: For each line.
        names: For each line.
        best: Position of the one to be seen first.
        limits: Of all axes.
    """

    axes: Sequence[str]
    lines: Sequence[Sequence[float]]
    values: Sequence[float]
    names: Sequence[str]
    best: int
    limits: tuple[float, float] = (-1.0, 1.0)
    title: str = ""
    height: float = 3.6

    @property
    def width(self) -> float:
        """In inches."""
        return max(5.6, 0.32 * len(self.axes))


Panel = Chart | Graph | HeatMap | Parallel


@dataclass(frozen=True)
class Picture:
    """Panels in rows under a title.

    Attributes:
        columns: Panels in a row.
        scale: Of colours, where they stand for numbers.
    """

    title: str
    subtitle: str
    panels: Sequence[Panel]
    columns: int = 1
    scale: Scale | None = None

    @property
    def shares_rows(self) -> bool:
        """Whether names stand at the first panel of each row alone."""
        return any(isinstance(panel, Chart) and not panel.y.named for panel in self.panels)


def nothing_yet(title: str, subtitle: str, reason: str) -> Picture:
    """A picture that says why it is empty."""
    words = Words([0.5], [0.5], [reason], BLACK, side="centre")
    return Picture(title, subtitle, [Chart([words], Axis(limits=(0, 1)), Axis(limits=(0, 1)), height=0.5)])


def signed(value: float) -> str:
    """A weight in two digits, with its sign, so that it can be told without colour; 0 alone has none."""
    return "0" if value == 0 else f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
