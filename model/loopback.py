"""Addresses of this machine only, which no proxy and no other machine stands behind."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host, without brackets, can be reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
