"""The password of the embedded server's only user."""

import os
import secrets
from pathlib import Path


def stored_password(directory: Path) -> str:
    """The password kept in `directory`, readable by its owner alone; made at the first call.

    Raises:
        OSError: If the file cannot be read or written.
    """
    path = directory / "password"
    if not path.exists():
        unfinished = directory / "password.new"
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(24))  # nothing that a URL or a format string would have to escape
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    return path.read_text()
