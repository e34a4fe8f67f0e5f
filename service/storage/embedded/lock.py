"""One supervisor per data directory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from service.errors import EmbeddedPostgresError


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold the lock of `directory`; the kernel frees it should we be killed, and no child inherits it.

    Raises:
        EmbeddedPostgresError: If another process, or another server in this one, holds it.
    """
    owner = directory / "supervisor.pid"
    lock = FileLock(directory / "lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        pid = owner.read_text().strip() if owner.exists() else "unknown"
        raise EmbeddedPostgresError(
            f"A Postgres server already runs on {directory}, kept by process {pid}. "
            f"Stop that process first, or use another directory."
        ) from error
    try:
        owner.write_text(f"{os.getpid()}\n")
        yield
    finally:
        lock.release()
