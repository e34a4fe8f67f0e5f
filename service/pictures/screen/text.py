"""How names and numbers are written on the screen."""

import math
from collections.abc import Iterable
from html import escape
from typing import Any

Json = dict[str, Any]

FONT = "DejaVu Sans, Verdana, sans-serif"

SMALL = 11
"""Pixels of small text."""


def as_text(text: str) -> str:
    """Text that is shown as it is, though plotly reads tags."""
    return escape(text, quote=False)


def lines(wrapped: Iterable[str]) -> str:
    """Lines of text."""
    return "<br>".join(map(as_text, wrapped))


def numbers(values: Iterable[float]) -> list[float | None]:
    """Numbers of six digits; nothing where there is a gap."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values]
