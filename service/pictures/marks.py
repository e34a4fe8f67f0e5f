"""What is drawn in a chart, as plain data: points, lines, bars, boxes, words, and the axes that they stand at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.pictures.colours import GREY

Marker = Literal["circle", "square", "diamond", "up", "down", "cross"]
Dash = Literal["solid", "dashed", "dotted", "dash-dotted"]


@dataclass(frozen=True)
class Look:
    """How marks look; colour is never all that tells two of them apart.

    Attributes:
        marker: What is at each point; nothing for None.
        dash: The line from point to point; none for None.
        size: Of markers, in points.
        width: Of lines, in points.
        hollow: Whether markers are outlines.
    """

    colour: str
    marker: Marker | None = None
    dash: Dash | None = None
    size: float = 5
    width: float = 1.4
    opacity: float = 1
    hollow: bool = False


@dataclass(frozen=True)
class Series:
    """Points, and a line through them if they look so. NaN is a gap.

    Attributes:
        name: In the legend; it is not there if this is empty.
        intervals: For each point where its interval begins and ends, in the direction of values; or nothing.
        notes: For each point what whoever points at it wants to know.
        stepped: Whether the line keeps its height until the next point.
        every: Markers are at every so many points.
    """

    x: Sequence[float]
    y: Sequence[float]
    look: Look
    name: str = ""
    intervals: Sequence[tuple[float, float] | None] = ()
    notes: Sequence[str] = ()
    stepped: bool = False
    every: int = 1


@dataclass(frozen=True)
class Bars:
    """Lying bars from 0, one in each row, with their spread."""

    rows: Sequence[float]
    lengths: Sequence[float]
    spreads: Sequence[float | None]
    look: Look
    name: str = ""


BOX = 0.62
"""Height of a box, where the next row is at a distance of 1."""


@dataclass(frozen=True)
class Box:
    """Five numbers in a row, from the lowest to the highest."""

    row: float
    low: float
    lower_quartile: float
    median: float
    upper_quartile: float
    high: float


@dataclass(frozen=True)
class Boxes:
    """Lying boxes, with whiskers to the extremes."""

    boxes: Sequence[Box]
    look: Look
    name: str = ""


@dataclass(frozen=True)
class Words:
    """Text at points: on which side of each, and written upwards if it is turned."""

    x: Sequence[float]
    y: Sequence[float]
    texts: Sequence[str]
    colour: str = GREY
    side: Literal["left", "centre", "right"] = "right"
    turned: bool = False


Mark = Series | Bars | Boxes | Words


@dataclass(frozen=True)
class Axis:
    """Of a chart.

    Attributes:
        rows: Names of the places 0, 1, 2, …; an axis of numbers if there are none.
        limits: Its ends; the second may be the lower one.
        ticks: Where numbers are written; wherever it suits if there are none.
        named: Whether the names are written; not where they stand at the panel to the left.
        turned: Whether names are written upwards.
    """

    label: str = ""
    rows: Sequence[str] = ()
    limits: tuple[float, float] | None = None
    ticks: Sequence[float] = ()
    named: bool = True
    turned: bool = False
