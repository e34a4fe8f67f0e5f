"""Artifacts and other files as answers, so that no browser runs one as a page of ours."""

from collections.abc import Mapping

from fastapi import Response

from service.storage.artifacts import Artifact


def as_file(artifact: Artifact) -> Response:
    """An artifact to be saved."""
    return attachment(artifact.name, artifact.media_type, artifact.content)


def attachment(name: str, media_type: str, content: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """A file to be saved, not shown; and where it is shown all the same, without scripts and as of no origin."""
    return Response(
        content,
        headers={
            **(headers or {}),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "sandbox",
            # Not as Response's media_type, which would say of every text that it is UTF-8.
            "Content-Type": media_type,
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )
