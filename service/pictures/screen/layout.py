"""Where the panels of a picture are on the screen, and how many pixels they take."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from service.pictures.chart import Chart, Graph, HeatMap, Panel, Parallel, Picture
from service.pictures.screen.text import Json

INCH = 110
"""Pixels, so that text of 12 is as large beside a panel as it is in print."""

LEAST_INCH = 45
"""Pixels, with which names of rows just do not touch."""

LEFT, RIGHT = 130, 110
"""Pixels at the edges: for names of rows, and for a bar of colours or numbers."""

BARE = 30
"""Pixels at the left edge where nothing has names beside it."""

_GAP = 175
"""Pixels between panels beside each other, for numbers and the next one's names of rows."""


@dataclass(frozen=True)
class Frame:
    """Where a panel is, in parts of what is between the margins.

    Attributes:
        number: Of its axes; that of the first is not written.
    """

    number: str
    left: float
    right: float
    bottom: float
    top: float

    def axis(self, name: str, **settings: object) -> Json:
        """An axis, called `x` or `y`, of the panel's own."""
        ends = [self.left, self.right] if name == "x" else [self.bottom, self.top]
        key = f"{name}axis{self.number}"
        return {
            key: {
                "domain": ends,
                "anchor": f"{'y' if name == 'x' else 'x'}{self.number}",
                "zeroline": False,
                **settings,
            }
        }

    @property
    def axes(self) -> Json:
        """What a trace says to be in the panel."""
        return {"xaxis": f"x{self.number}", "yaxis": f"y{self.number}"}

    @property
    def references(self) -> Json:
        """What a shape says to be in the panel."""
        return {"xref": f"x{self.number}", "yref": f"y{self.number}"}


@dataclass(frozen=True)
class Layout:
    """Where all is.

    Attributes:
        frames: Of the panels.
        left: To the left of the panels, for names of rows.
        width: In pixels, as the rest.
        height: Of the whole picture.
        head: Above the panels, for the titles.
        foot: Below them, for a legend where there may be one.
        title: The picture's, in lines.
        subtitle: In lines.
    """

    frames: list[Frame]
    left: int
    width: int
    height: int
    head: int
    foot: int
    title: list[str]
    subtitle: list[str]

    @property
    def room(self) -> int:
        """Pixels from the upper edge of the panels to the lower one."""
        return self.height - self.head - self.foot


def layout_of(picture: Picture, limit: int | None) -> Layout:
    """Where the panels are, and how many pixels all take.

    Args:
        picture: To be laid out.
        limit: Of its height, if there is one; text keeps its size, and a picture that could not be read is higher.
    """
    title, subtitle = wrap(picture.title, 90), wrap(picture.subtitle, 130)
    head = 34 + 23 * len(title) + 18 * len(subtitle)
    left = BARE if all(isinstance(panel, Graph) for panel in picture.panels) else LEFT
    foot = 40 if any(isinstance(panel, Chart) for panel in picture.panels) else 14
    gap = 30 if picture.shares_rows else _GAP
    columns = picture.columns
    rows = [picture.panels[start : start + columns] for start in range(0, len(picture.panels), columns)]
    widths = [max(row[place].width for row in rows if place < len(row)) * INCH for place in range(columns)]
    across = sum(widths) + gap * (columns - 1)
    above, below = zip(*(_room(row) for row in rows), strict=True)
    inches = [max(panel.height for panel in row) for row in rows]
    inch = INCH if limit is None else (limit - head - foot - sum(above) - sum(below)) / sum(inches)
    heights = [max(LEAST_INCH, min(INCH, inch)) * own for own in inches]
    down = sum(above) + sum(heights) + sum(below)
    frames: list[Frame] = []
    top = 0.0
    for row, before, height, after in zip(rows, above, heights, below, strict=True):
        top += before
        start = 0.0
        for panel, width in zip(row, widths, strict=False):
            own = panel.width * INCH if isinstance(panel, HeatMap | Graph) else width
            frames.append(
                Frame(
                    number=str(len(frames) + 1) if frames else "",
                    left=start / across,
                    right=(start + own) / across,
                    bottom=max(0.0, 1 - (top + height) / down),
                    top=1 - top / down,
                )
            )
            start += width + gap
        top += height + after
    return Layout(frames, left, round(left + across + RIGHT), round(down + head + foot), head, foot, title, subtitle)


def _room(row: Sequence[Panel]) -> tuple[float, float]:
    """Pixels for what is written above the panels of a row, and below."""
    above = below = 0.0
    for panel in row:
        title = 26 if panel.title else 4
        over = under = 0
        if isinstance(panel, HeatMap):
            over = column_names(panel)
        elif isinstance(panel, Parallel):
            over, under = 40 + 7 * max(map(len, panel.axes)), 34
        elif isinstance(panel, Chart):
            turned = 7 * max(map(len, panel.x.rows), default=0) if panel.x.turned else 0
            under = 52 + turned
        above, below = max(above, title + over), max(below, under)
    return above, below


def column_names(table: HeatMap) -> int:
    """Pixels for the names above a table."""
    if table.upright:
        return 8 + 7 * max(len(line) for name in table.names for line in name)
    return 8 + 15 * max(map(len, table.names))
