"""Taking the port that the service listens on."""

import socket
from contextlib import ExitStack

from service.errors import ServiceError
from service.hosts import authority


class PortUnusableError(ServiceError):
    """The service cannot listen on this host and port."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of the host; who connects waits until they are served.

    Raises:
        PortUnusableError: If one of the addresses is taken, or none of this machine's.
    """
    with ExitStack() as opened:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            sockets = [opened.enter_context(socket.socket(family, kind)) for family, kind, *_ in found]
            for listener, (family, *_, address) in zip(sockets, found, strict=True):
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind(address)
                listener.listen()
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not the name of a host"
            raise PortUnusableError(
                f"cannot listen on {authority(host, port)}: {reason}; choose another port with --port"
            ) from error
        opened.pop_all()
    return sockets
