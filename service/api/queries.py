"""What a request asks after the question mark: nothing that nobody reads."""

from fastapi import Request

from service.errors import InvalidFieldError

PREFIX = "/v1"
"""Of the addresses that are looked after."""


def refuse_unknown(request: Request) -> None:
    """Refuse parameters that the address does not have: a misspelt one would be as if it were not there.

    Raises:
        InvalidFieldError: If there are some.
    """
    paths = request.app.openapi()["paths"]
    described = paths[f"{PREFIX}{request.scope['route'].path_format}"][request.method.lower()]
    known = [parameter["name"] for parameter in described.get("parameters", ()) if parameter["in"] == "query"]
    if unknown := [name for name in request.query_params if name not in known]:
        valid = f"valid are {', '.join(known)}" if known else "there are none here"
        raise InvalidFieldError(unknown[0], f"unknown parameters {unknown}; {valid}")
