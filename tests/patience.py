"""Waiting for what other processes and threads do: as long as a busy machine may need, never a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], seconds: float = 90, every: float = 0.05) -> T:
    """What `look` finds once it is true.

    Raises:
        AssertionError: If it has not become true in time.
    """
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"it did not come to pass within {seconds} s; last seen: {found!r}"
        time.sleep(every)
    return found
