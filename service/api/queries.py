"""What a request asks after the question mark: nothing that nobody reads."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from service.errors import InvalidFieldError

PREFIX = "/v1"
"""Of the addresses that are looked after."""

Known = Mapping[tuple[str, str], list[str]]
"""For the path, as routes have it, and the method of a request, the names of its parameters."""


def known_in(openapi: Mapping[str, Any]) -> Known:
    """What may be asked of the addresses that an OpenAPI document describes."""
    return {
        (path, method.upper()): [each["name"] for each in described.get("parameters", ()) if each["in"] == "query"]
        for path, methods in openapi["paths"].items()
        for method, described in methods.items()
    }


def refuse_unknown(request: Request) -> None:
    """Refuse parameters that the address does not have: a misspelt one would be as if it were not there.

    Raises:
        InvalidFieldError: If there are some.
    """
    known = request.app.state.queries[f"{PREFIX}{request.scope['route'].path_format}", request.method]
    if unknown := [name for name in request.query_params if name not in known]:
        valid = f"valid are {', '.join(known)}" if known else "there are none here"
        raise InvalidFieldError(unknown[0], f"unknown parameters {unknown}; {valid}")
