"""Artifacts as answers, so that no browser runs one as a page of ours."""

from fastapi import Response

from service.storage.artifacts import Artifact


def as_file(artifact: Artifact) -> Response:
    """An artifact to be saved, not shown; and where it is shown all the same, without scripts and as of no origin."""
    return Response(
        artifact.content,
        headers={
            "Content-Disposition": f'attachment; filename="{artifact.name}"',
            "Content-Security-Policy": "sandbox",
            # Not as Response's media_type, which would say of every text that it is UTF-8.
            "Content-Type": artifact.media_type,
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )
