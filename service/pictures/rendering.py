"""A picture as a file."""

from collections.abc import Mapping
from typing import Literal

from service.pictures.chart import Picture
from service.pictures.paper.figure import drawn
from service.pictures.screen.figure import page

Format = Literal["svg", "png", "html"]

MEDIA_TYPES: Mapping[Format, str] = {"svg": "image/svg+xml", "png": "image/png", "html": "text/html; charset=utf-8"}


def render(picture: Picture, file_format: Format) -> bytes:
    """The file of a picture; the same one every time. An HTML page needs nothing from anywhere else.

    Raises:
        ValueError: If the format is none of `MEDIA_TYPES`.
    """
    if file_format == "html":
        return page(picture)
    if file_format in MEDIA_TYPES:
        return drawn(picture, file_format)
    raise ValueError(f"no picture is drawn as {file_format!r}; expected one of {list(MEDIA_TYPES)}")
