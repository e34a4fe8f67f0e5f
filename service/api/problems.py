"""Every error as a problem document that names the field and what would be valid.

Source: RFC 9457, Problem Details for HTTP APIs.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from optuna.exceptions import StorageInternalError
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from service.errors import (
    AnalysisNotFoundError,
    ArtifactNotFoundError,
    InvalidFieldError,
    NameTakenError,
    NoDesignError,
    NotAnalysableError,
    NothingToExplainError,
    SchemaVersionError,
    ServiceError,
    StudyNotFoundError,
    TooFewTrialsError,
    TransitionError,
    TrialNotFoundError,
)
from service.storage.database import says_server_is_away

MEDIA_TYPE = "application/problem+json"
REFERENCE = "#/components/schemas/{model}"

LONGEST_MESSAGE = 1000
"""Characters of a message, which may quote what was sent."""
MOST_ERRORS = 20
"""Fields that a problem names; a document may have thousands that are wrong."""

logger = logging.getLogger(__name__)

UNION_TAGS = {
    *("range", "fixed", "tpe", "cmaes", "sobol", "enqueued", "median", "hyperband", "patience"),
    *("zeroing", "cumulative_zeroing", "sensitivity", "confirmation", "design"),
}
"""Parts of an error's place that name a branch of the schema, not a field of the document."""


class FieldError(BaseModel):
    """What is wrong with one field, and what would be valid."""

    field: str
    message: str


class Problem(BaseModel):
    """Why a request was refused."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


STATUS_OF: dict[type[Exception], HTTPStatus] = {
    StudyNotFoundError: HTTPStatus.NOT_FOUND,
    TrialNotFoundError: HTTPStatus.NOT_FOUND,
    ArtifactNotFoundError: HTTPStatus.NOT_FOUND,
    AnalysisNotFoundError: HTTPStatus.NOT_FOUND,
    NameTakenError: HTTPStatus.CONFLICT,
    NotAnalysableError: HTTPStatus.CONFLICT,
    TransitionError: HTTPStatus.CONFLICT,
    NoDesignError: HTTPStatus.CONFLICT,
    TooFewTrialsError: HTTPStatus.CONFLICT,
    NothingToExplainError: HTTPStatus.CONFLICT,
    SchemaVersionError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(
    status: int, detail: str, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A problem document as a response."""
    document = Problem(title=HTTPStatus(status).phrase, status=status, detail=_printable(detail), errors=list(errors))
    return JSONResponse(document.model_dump(), status, headers, media_type=MEDIA_TYPE)


def _printable(message: str) -> str:
    """A message that may quote what was sent: not without end, and no half of a surrogate pair, which has no UTF-8."""
    shortened = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
    return shortened.encode("utf-8", "replace").decode()


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of a route's errors."""
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document with what `responses` refers to."""
    _, definitions = models_json_schema([(Problem, "serialization")], ref_template=REFERENCE)
    document["components"]["schemas"].update(definitions["$defs"])
    return document


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(HTTPException, _http_error)
    for error in (RequestValidationError, ServiceError, SQLAlchemyError, StorageInternalError, Exception):
        app.add_exception_handler(error, _answer)


async def _http_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _answer(_request: Request, error: Exception) -> Response:
    return answer_to(error)


def answer_to(error: Exception) -> Response:
    """What to answer to a request in which this was raised."""
    if isinstance(error, RequestValidationError):
        errors = [_field_error(e) for e in error.errors()[:MOST_ERRORS]]
        return problem(422, "; ".join(f"{e.field}: {e.message}" for e in errors), errors)
    if isinstance(error, InvalidFieldError):
        return problem(422, f"{error.field}: {error}", [FieldError(field=error.field, message=_printable(str(error)))])
    if type(error) in STATUS_OF:
        return problem(STATUS_OF[type(error)], str(error))
    if says_server_is_away(error):
        return problem(503, "the database cannot be reached; try again later", headers={"Retry-After": "5"})
    logger.error("a request failed", exc_info=error)
    return problem(500, "the service failed; its log says why")


def _field_error(error: dict[str, Any]) -> FieldError:
    # The offending input is not echoed as such: it may be NaN, which JSON cannot carry, or very long.
    source, *path = error["loc"]
    if error["type"] == "json_invalid":
        return FieldError(field="body", message=f"not JSON: {error['ctx']['error']} at character {path[0]}")
    # After a tag stands a field, which may have a tag's name: patience has one of that name.
    tags = [part in UNION_TAGS and before not in UNION_TAGS for before, part in pairwise((None, *path))]
    names = [str(part) for part, is_tag in zip(path, tags, strict=True) if not is_tag]
    return FieldError(field=_printable(".".join(names) or str(source)), message=_printable(_in_words(error)))


def _in_words(error: dict[str, Any]) -> str:
    """What is wrong, where pydantic's own words speak of Python or of schemas."""
    match error["type"]:
        case "model_type" | "model_attributes_type" | "dict_type":
            whole = len(error["loc"]) == 1
            return "expected a JSON object" + (", with the header Content-Type: application/json" if whole else "")
        case "union_tag_invalid":
            tag, expected = error["ctx"]["tag"], error["ctx"]["expected_tags"]
            return f"there is no {tag!r}; expected one of {expected}"
        case "union_tag_not_found":
            return f"the field {error['ctx']['discriminator']} is missing"
        case "missing":
            return "this field is required"
    message: str = error["msg"]
    return message.removeprefix("Value error, ").replace("Input should be", "must be")
