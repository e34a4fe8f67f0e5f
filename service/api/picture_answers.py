"""Pictures as answers, which a browser shows, but never as a page that could act in the service's name."""

from typing import Any

from fastapi import Response

from service.api.pending import not_yet
from service.importances.report import Pending
from service.pictures.chart import Picture
from service.pictures.rendering import MEDIA_TYPES, Format, render

PICTURES: dict[str, Any] = {
    "description": "The picture.",
    "content": {
        media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
        for media_type in MEDIA_TYPES.values()
    },
}
"""What OpenAPI says of pictures."""

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "sandbox allow-scripts allow-downloads"
)
"""Interactive pictures draw themselves, and may do nothing else: of no origin, and with no way to the network."""


def as_answer(picture: Picture | Pending, written_as: Format, name: str) -> Response:
    """A picture as a file, or that what it shows is not known yet.

    Args:
        picture: What to draw.
        written_as: The file's format, and the end of its name.
        name: Of the file.
    """
    if isinstance(picture, Pending):
        return not_yet(picture)
    headers = {
        "Content-Disposition": f'inline; filename="{name}.{written_as}"',
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(render(picture, written_as), media_type=MEDIA_TYPES[written_as], headers=headers)
