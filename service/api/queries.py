"""What a request asks after the question mark: nothing that nobody reads."""

from fastapi import Request

from service.errors import InvalidFieldError


def refuse_unknown(request: Request) -> None:
    """Refuse parameters that the address does not have: a misspelt one would be as if it were not there.

    Known are those of a route's own function; none is asked for by what it depends on.

    Raises:
        InvalidFieldError: If there are some.
    """
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    if unknown := [name for name in request.query_params if name not in known]:
        valid = f"valid are {', '.join(known)}" if known else "there are none here"
        raise InvalidFieldError(unknown[0], f"unknown parameters {unknown}; {valid}")
