"""Files that others made, answered so that no browser runs one as a page of ours."""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

HEADERS = {
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""To be saved and not shown; and where it is shown all the same, without scripts and as of no origin."""


def as_file(send: Send) -> Send:
    """Send an answer with these headers, to nobody but pages of this origin."""

    async def send_as_file(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            del headers["Access-Control-Allow-Origin"]
        await send(message)

    return send_as_file
