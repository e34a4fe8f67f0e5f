"""The log of the embedded server."""

import os
from pathlib import Path
from typing import BinaryIO

LIMIT = 10 * 1024 * 1024  # bytes
LINES = 15


def open_log(path: Path) -> BinaryIO:
    """Open the log to append to it; one that has grown beyond LIMIT first becomes `<name>.1`.

    Raises:
        OSError: If the log cannot be opened.
    """
    if path.exists() and path.stat().st_size > LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def last_lines(path: Path, since: int) -> str:
    """The last lines that were written to the log after its byte `since`."""
    with path.open("rb") as file:
        file.seek(since)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-LINES:])
