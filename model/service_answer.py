"""What a running service answers, asked without any other HTTP library."""

import json
import re
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, ProxyHandler, Request, build_opener

from model.errors import ServiceAnswerError
from model.loopback import is_loopback

PATIENCE_SECONDS = 60.0
"""The service gets this long for each part of an answer."""

MOST_BYTES = 16 * 2**20
"""Of an answer: a trial of 100,000 epochs takes 3 million, a study with many goals to try first a million."""

LONGEST_MESSAGE = 1000
"""Characters of a refusal."""


class _AsAnswered(HTTPErrorProcessor):
    """Leaves errors and redirects as they are: a redirect might take the key to another host."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002 - urllib's names
        return response

    https_response = http_response


def get(url: str, api_key: str | None) -> Any:  # noqa: ANN401 - JSON
    """Read a resource of the service as JSON.

    Args:
        url: Of the schemes http or https.
        api_key: What to show to the service, if it wants one.

    Raises:
        ServiceAnswerError: If the service does not answer, refuses, or is not ours, or the key cannot be sent.
    """
    parts = urlsplit(url)
    # No proxy stands between us and our own machine, whatever the environment names.
    past_proxies = [ProxyHandler({})] if is_loopback(parts.hostname or "") else []
    try:
        request = Request(url, headers=_bearer(api_key))  # noqa: S310 - the caller has seen to the scheme
        with build_opener(_AsAnswered, *past_proxies).open(request, timeout=PATIENCE_SECONDS) as response:
            content = response.read(MOST_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise ServiceAnswerError(f"no service answers at {parts.scheme}://{parts.netloc} ({_line(reason)})") from error
    document = _json(content)
    if response.status == 200 and document is not None:
        return document
    raise ServiceAnswerError(f"{url}: {_line(_refusal(response, document))}{_about_key(response, api_key)}")


def _line(message: object) -> str:
    """What somebody unknown says, as it can be printed: not without end, in one line."""
    printable = "".join(character if character.isprintable() else " " for character in str(message))
    return printable[:LONGEST_MESSAGE].strip()


def _bearer(api_key: str | None) -> dict[str, str]:
    if api_key is None:
        return {}
    if not re.fullmatch("[!-~]+", api_key.strip()):
        # Without the key itself: the message is printed.
        raise ServiceAnswerError("API_KEY cannot be sent: a key has only visible ASCII characters, and no space within")
    return {"Authorization": f"Bearer {api_key.strip()}"}


def _json(content: bytes) -> Any:  # noqa: ANN401 - JSON
    """The document in an answer; None if it is none."""
    if len(content) > MOST_BYTES:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _refusal(response: HTTPResponse, document: object) -> str:
    """Why there is no answer to be used."""
    if 300 <= response.status < 400:
        return f"it is elsewhere, at {response.headers['Location']}; name that address if you trust it"
    if isinstance(document, dict) and "detail" in document:
        return str(document["detail"])
    return f"what answers there is not this service ({response.status} {response.reason})"


def _about_key(response: HTTPResponse, api_key: str | None) -> str:
    if response.status != 401:
        return ""
    return "; set API_KEY" if api_key is None else "; API_KEY holds another"
