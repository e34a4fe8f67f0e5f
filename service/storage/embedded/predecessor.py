"""What an earlier server on the same data left behind when its supervisor was killed."""

import os
import time
from contextlib import suppress
from pathlib import Path

from service.errors import EmbeddedPostgresError

PATIENCE = 60.0  # seconds that a server whose supervisor was killed gets to finish its shutdown
POLL = 0.05  # seconds


def await_predecessor(data: Path) -> None:
    """Wait until the server that `postmaster.pid` names has ended. The caller holds the lock of the directory.

    Raises:
        EmbeddedPostgresError: If it does not end: nobody supervises it, so somebody must have started it by hand.
        OSError: If the file cannot be read or rewritten.
    """
    deadline = time.monotonic() + PATIENCE
    while (pid := _recorded_pid(data)) is not None and _serves(pid, data):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"A Postgres server without a supervisor, process {pid}, already runs on {data.parent}. "
                f"Stop it with `kill -INT {pid}`."
            )
        time.sleep(POLL)
    if pid is not None and _is_alive(pid):
        _disown(data)


def _recorded_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _serves(pid: int, data: Path) -> bool:
    """Whether process `pid` is a Postgres server on `data`, not one that got the number of a dead one."""
    process = Path("/proc") / str(pid)
    if not Path("/proc/self/cwd").exists():  # no Linux: believe the file
        return _is_alive(pid)
    try:
        if (process / "comm").read_text().strip() != "postgres":
            return False
        with suppress(PermissionError):  # root in a container often may not look at the cwd of others
            return (process / "cwd").readlink() == data
        return os.fsencode(data) in (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _disown(data: Path) -> None:
    """Put our own number into `postmaster.pid`: Postgres takes its parent's number for a stale one.

    It would refuse to start as long as another process of its account, or a zombie, has the recorded number. The file
    is not just removed because its last lines let Postgres find leftover processes that still use the shared memory.
    """
    path = data / "postmaster.pid"
    status = path.stat()
    rewritten = data / "postmaster.pid.new"
    rewritten.write_text("\n".join([str(os.getpid()), *path.read_text().splitlines()[1:], ""]))
    os.chown(rewritten, status.st_uid, status.st_gid)
    rewritten.chmod(status.st_mode)
    rewritten.replace(path)
