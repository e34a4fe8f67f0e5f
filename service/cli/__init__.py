"""The command `infomorphic`."""

from service.cli.main import main

__all__ = ["main"]
