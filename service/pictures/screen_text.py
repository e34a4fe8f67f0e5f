"""What all drawings for the screen share: where panels are, and how names and numbers are written."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

Json = dict[str, Any]

FONT = "DejaVu Sans, Verdana, sans-serif"

SMALL = 11
"""Pixels of small text."""


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


def as_text(text: str) -> str:
    """Text that is shown as it is, though plotly reads tags."""
    return escape(text, quote=False)


def lines(wrapped: Iterable[str]) -> str:
    """Lines of text."""
    return "<br>".join(map(as_text, wrapped))


def numbers(values: Iterable[float]) -> list[float | None]:
    """Numbers of six digits; nothing where there is a gap."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values]
