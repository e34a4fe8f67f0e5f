"""TCP ports that nobody is given by the kernel, so that none is taken between its choice and its use."""

import random
import socket
from contextlib import ExitStack

from sqlalchemy import make_url

HOSTS = ("127.0.0.1", "127.0.0.2", "::1")

RANGE = range(2_000, 8_000)
"""Apart from those of connections and `port 0` (32768 and more), the embedded Postgres (20000) and Ray (10002)."""


def free_port() -> int:
    """A port on which nobody listens on any of this machine's loopback addresses."""
    while True:
        port = random.choice(RANGE)
        with ExitStack() as probes:
            try:
                for host in HOSTS:
                    family = socket.AF_INET6 if ":" in host else socket.AF_INET
                    probe = probes.enter_context(socket.socket(family))
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((host, port))
            except OSError:
                continue
        return port


def port_of(url: str) -> int | None:
    """The port in a database's address."""
    return make_url(url).port
