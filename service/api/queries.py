"""What a request asks after the question mark: nothing that nobody reads."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from service.errors import InvalidFieldError

PREFIX = "/v1"
"""Of the addresses that are looked after."""

Known = Mapping[tuple[str, str], list[str]]
"""For the path, without the prefix, and the method of a request, the names of its parameters."""


def known_in(openapi: Mapping[str, Any]) -> Known:
    """What may be asked of the addresses that an OpenAPI document describes."""
    return {
        (path.removeprefix(PREFIX), method.upper()): [
            parameter["name"] for parameter in described.get("parameters", ()) if parameter["in"] == "query"
        ]
        for path, methods in openapi["paths"].items()
        for method, described in methods.items()
    }


def refuse_unknown(request: Request) -> None:
    """Refuse parameters that the address does not have: a misspelt one would be as if it were not there.

    Raises:
        InvalidFieldError: If there are some.
    """
    # Whether a route's own path has the prefix depends on FastAPI's version.
    path = request.scope["route"].path_format.removeprefix(PREFIX)
    known = request.app.state.queries[path, request.method]
    if unknown := [name for name in request.query_params if name not in known]:
        valid = f"valid are {', '.join(known)}" if known else "there are none here"
        raise InvalidFieldError(unknown[0], f"unknown parameters {unknown}; {valid}")
