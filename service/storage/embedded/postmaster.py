"""The Postgres server process: starting it, waiting until it is ready, stopping it."""

import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.errors import EmbeddedPostgresError
from service.storage.embedded.account import Account
from service.storage.embedded.child import child_options
from service.storage.embedded.log import last_lines, open_log
from service.storage.embedded.port import ADDRESS

START_TIMEOUT = 120.0  # seconds; recovery after a crash replays up to max_wal_size
LEFTOVER_TIMEOUT = 60.0  # seconds
LEFTOVER_POLL = 0.25  # seconds; each look starts a server that gives up
STOP_TIMEOUTS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, None))  # fast, immediate, by force
POLL = 0.02  # seconds

SETTINGS = {
    "listen_addresses": ADDRESS,
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_parallel_workers_per_gather": "0",  # small tables; containers have little /dev/shm
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PortTakenError(EmbeddedPostgresError):
    """The port was taken between its choice and the start."""


class DataInUseError(EmbeddedPostgresError):
    """Processes of a crashed server still use the data."""


@dataclass(frozen=True)
class Installation:
    """Programs, data and log of one server, and the account that runs it."""

    programs: Path
    data: Path
    log: Path
    account: Account | None


def start_postmaster(where: Installation, port: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the server, giving processes that a crashed one left some seconds to end.

    Raises:
        PortTakenError: If another process has the port.
        EmbeddedPostgresError: If the server does not start, with the last lines of its log.
        OSError: If the program cannot be run.
    """
    deadline = time.monotonic() + LEFTOVER_TIMEOUT
    while True:
        try:
            return _start_once(where, port, settings)
        except DataInUseError:
            if time.monotonic() > deadline:
                raise
            time.sleep(LEFTOVER_POLL)


def stop_postmaster(process: subprocess.Popen[bytes]) -> None:
    """End all sessions and stop the server: in order, else at once, else by force."""
    for number, timeout in STOP_TIMEOUTS:
        process.send_signal(number)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            continue
        return


def _start_once(where: Installation, port: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [str(where.programs / "postgres"), "-D", str(where.data)]
    for name, value in {**SETTINGS, **settings, "port": str(port)}.items():
        command += ["-c", f"{name}={value}"]
    with open_log(where.log) as log:
        since = where.log.stat().st_size
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **child_options(where.data, where.account)
        )
    try:
        _await_ready(process, where, since)
    except BaseException:
        stop_postmaster(process)
        raise
    return process


def _await_ready(process: subprocess.Popen[bytes], where: Installation, since: int) -> None:
    """Wait for the state "ready" in `postmaster.pid`, as pg_ctl does: connecting could reach another server.

    Raises:
        EmbeddedPostgresError: If the server ends instead, or takes too long.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while not _is_ready(process.pid, where.data):
        if process.poll() is not None:
            raise _failure(where, last_lines(where.log, since))
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"Postgres on {where.data} was not ready within {START_TIMEOUT:.0f} seconds. "
                f"The last lines of {where.log}:\n{last_lines(where.log, since)}"
            )
        time.sleep(POLL)


def _is_ready(pid: int, data: Path) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _failure(where: Installation, lines: str) -> EmbeddedPostgresError:
    message = f"Postgres did not start on {where.data}. The last lines of {where.log}:\n{lines}"
    if "could not bind" in lines and "Address already in use" in lines:
        return PortTakenError(message)
    if "pre-existing shared memory block" in lines:
        return DataInUseError(message)
    return EmbeddedPostgresError(message)
