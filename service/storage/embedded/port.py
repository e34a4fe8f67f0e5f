"""The TCP port of the embedded server: free when chosen, remembered from start to start."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

ADDRESS = "127.0.0.1"
RANGE = range(20_000, 32_768)  # below the ports that Linux gives to outgoing connections
ATTEMPTS = 5


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Postgres does: TIME_WAIT is no obstacle
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def candidate_ports(directory: Path) -> Iterator[int]:
    """The remembered port if it is free, then free ones at random: one may be taken before the server has it."""
    remembered = remembered_port(directory)
    if remembered is not None and is_free(remembered):
        yield remembered
    free = (port for port in random.sample(RANGE, k=len(RANGE)) if is_free(port))
    yield from (port for _, port in zip(range(ATTEMPTS), free, strict=False))


def remember_port(directory: Path, port: int) -> None:
    """Keep `port` for the next start.

    Raises:
        OSError: If the file cannot be written.
    """
    if remembered_port(directory) != port:
        (directory / "port").write_text(f"{port}\n")


def remembered_port(directory: Path) -> int | None:
    """The port of the last start; None if there was none."""
    try:
        return int((directory / "port").read_text())
    except (FileNotFoundError, ValueError):
        return None
