"""The service as the command line speaks to it."""

import json
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from model.loopback import is_loopback
from service.errors import ServiceError, SettingsError
from service.settings import Settings

PATIENCE_SECONDS = 60.0
"""The service gets this long for an answer."""


PERIOD_SECONDS = 1.0
"""Until the service is asked again for what it computes, unless it says otherwise."""


class RequestRefusedError(ServiceError):
    """The service refused a request.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ServiceUnreachableError(ServiceError):
    """No service answers at this address."""


class Client:
    """A connection to the service; a context manager."""

    def __init__(self, settings: Settings) -> None:
        key = settings.api_key
        headers = {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}
        try:
            # No proxy stands between us and our own machine, whatever the environment names.
            own_machine = is_loopback(httpx.URL(settings.url).host)
            self._http = httpx.Client(
                base_url=settings.url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=not own_machine
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise SettingsError(f"INFOMORPHIC_URL cannot be used: {error}") from error

    def __enter__(self) -> Self:
        """Nothing is sent yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Read a resource.

        Raises:
            RequestRefusedError: If the service answers with an error.
            ServiceUnreachableError: If it does not answer.
            SettingsError: If the address or the key cannot be sent.
        """
        return self._json("GET", path, params=_given(query))

    def get_once_computed(
        self,
        path: str,
        *,
        if_not_yet: Callable[[Any], object] = lambda _: None,
        **query: Any,  # noqa: ANN401 - of any type
    ) -> Any:  # noqa: ANN401 - JSON
        """Read a resource that the service may have to compute first, however long it takes; raises as `get` does.

        Args:
            path: Of the resource.
            if_not_yet: Told once what the service says while it computes.
            query: Of the request.
        """
        return self._parsed(self._once_computed(path, query, if_not_yet))

    def download(self, path: str, **query: Any) -> bytes:  # noqa: ANN401 - of any type
        """Read a file, once the service has computed what is in it; raises as `get` does."""
        return self._once_computed(path, query, lambda _: None).content

    def _once_computed(
        self, path: str, query: Mapping[str, Any], if_not_yet: Callable[[Any], object]
    ) -> httpx.Response:
        told = False
        while True:
            response = self._send("GET", path, params=_given(query))
            if response.status_code != httpx.codes.ACCEPTED:
                return response
            if not told:
                if_not_yet(self._parsed(response))
                told = True
            time.sleep(float(response.headers.get("Retry-After", PERIOD_SECONDS)))

    def post(self, path: str, document: object = None) -> Any:  # noqa: ANN401 - JSON
        """Make or change a resource; raises as `get` does."""
        # Not httpx's own JSON: it refuses NaN with a traceback, where the service names the field.
        content = None if document is None else json.dumps(document)
        return self._json("POST", path, content=content, headers={"Content-Type": "application/json"})

    def delete(self, path: str) -> None:
        """Delete a resource; raises as `get` does."""
        self._send("DELETE", path)

    def _json(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
        return self._parsed(self._send(method, path, **options))

    def _parsed(self, response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise ServiceUnreachableError(
                f"what answers at {self._http.base_url} is not this service; set INFOMORPHIC_URL"
            ) from error

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        try:
            response = self._http.request(method, path, **options)
        except httpx.LocalProtocolError:
            # Without the cause, which quotes the header with the key.
            raise SettingsError("INFOMORPHIC_URL or API_KEY cannot be sent in a request") from None
        except httpx.ReadTimeout as error:
            raise ServiceUnreachableError(
                f"the service at {self._http.base_url} has not answered within {PATIENCE_SECONDS:.0f} s; "
                "it may still do what it was asked"
            ) from error
        except httpx.HTTPError as error:
            raise ServiceUnreachableError(
                f"no service answers at {self._http.base_url} ({error}); "
                "start one with `infomorphic up`, or set INFOMORPHIC_URL"
            ) from error
        if not response.is_success:
            raise RequestRefusedError(response.status_code, _detail(response))
        return response


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def address(study: str, *parts: str) -> str:
    """Address of a study or of a part of it; a name with a slash or a question mark stays one name."""
    return "/".join(("/v1/studies", quote(study, safe=""), *parts))


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answered {response.status_code} {response.reason_phrase}"
