"""Addresses that services listen on and are found at."""


def authority(host: str, port: int) -> str:
    """A host and port as they stand in a URL: an IPv6 address goes into brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def service_url(host: str, port: int) -> str:
    """Where a service that listens on this host and port is found."""
    return f"http://{authority(host, port)}"
