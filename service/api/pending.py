"""Answers that are not there yet, because importances are still being computed."""

from typing import Any

from fastapi import Response
from starlette.responses import JSONResponse

from service.api.importance_schemas import ImportancesPending
from service.importances.report import Pending

RETRY_AFTER_SECONDS = 2

STILL_COMPUTED: dict[str, Any] = {
    "model": ImportancesPending,
    "description": "Importances are being computed; ask again.",
    "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}},
}
"""What OpenAPI says of such an answer."""


def not_yet(pending: Pending) -> Response:
    """The answer to who asked for them, and for what is made of them."""
    status = ImportancesPending.of(pending, RETRY_AFTER_SECONDS)
    return JSONResponse(status.model_dump(), 202, {"Retry-After": str(RETRY_AFTER_SECONDS)})
