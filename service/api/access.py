"""Who may ask: with an API key set, only those who show it; without one, only this machine."""

import base64
import binascii
import hmac
import re

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from model.loopback import is_loopback
from service.api.problems import problem

HOST = re.compile(r"(?:\[(?P<ipv6>[^\[\]]*:[^\[\]]*)\]|(?P<name>[^\[\]:]*))(?::[0-9]*)?")
"""The header Host: a name, an IPv4 address or an IPv6 address in brackets, and a port or none."""

OPEN_PATHS = ("/healthz", "/readyz")
"""Paths that need no key: load balancers and containers ask them."""


def names_this_machine(header: str) -> bool:
    """Whether a header Host names this machine in a way that no name server can point elsewhere."""
    host = HOST.fullmatch(header)
    return host is not None and is_loopback(host["ipv6"] or host["name"])


class ThisMachineOnly:
    """Refuses requests that do not name this machine.

    A web page that makes its own name point here could otherwise use a browser to reach this machine's service.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 400."""
        if scope["type"] == "lifespan" or names_this_machine(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
            return
        refusal = problem(
            400,
            "without an API key this service answers only to localhost and loopback addresses, such as 127.0.0.1 and "
            "[::1], as its host",
        )
        await refusal(scope, receive, send)


class SameOriginOnly:
    """Refuses changes that a web page of another origin asks for.

    A browser would send them with the key that it remembers, or, without one, straight to this machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 403."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        origin, host = headers.get("origin"), headers.get("host")
        if origin is None or scope["method"] in {"GET", "HEAD"} or origin.partition("://")[2] == host:
            await self._app(scope, receive, send)
            return
        refusal = problem(403, f"a page of {origin} may not change what {host} has")
        await refusal(scope, receive, send)


class BodyLimit(RequestBodyLimitMiddleware):
    """Refuses bodies that are too large, before they are read if they say so."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 413."""
        announced = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if announced.isdecimal() and int(announced) > self.max_body_size:
            refusal = problem(413, f"a body has at most {self.max_body_size} bytes; this one has {announced}")
            await refusal(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


class ApiKeyMiddleware:
    """Refuses requests without the API key.

    The key is taken from `Authorization: Bearer KEY`, `X-API-Key: KEY`, or as the password of basic authentication,
    which is what a browser asks for when it opens the dashboard.
    """

    def __init__(self, app: ASGIApp, key: SecretStr) -> None:
        self._app = app
        self._key = key.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 401."""
        if scope["type"] == "lifespan" or scope["path"] in OPEN_PATHS or self._shown(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        refusal = problem(
            401,
            "this service needs its API key, as `Authorization: Bearer KEY`, `X-API-Key: KEY` or a basic password",
            headers={"WWW-Authenticate": 'Basic realm="infomorphic", charset="UTF-8"'},
        )
        await refusal(scope, receive, send)

    def _shown(self, headers: Headers) -> bool:
        # Starlette reads headers as Latin-1: back to the bytes that were sent.
        candidates = [headers.get("x-api-key", "").encode("latin-1")]
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            candidates.append(credentials.strip().encode("latin-1"))
        elif scheme.lower() == "basic":
            candidates.append(_basic_password(credentials))
        return any([hmac.compare_digest(candidate, self._key) for candidate in candidates])  # noqa: C419 - in equal time


def _basic_password(credentials: str) -> bytes:
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
