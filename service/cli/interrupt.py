"""Ctrl-C while something slow is under way."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the first signal that asks to stop also raise KeyboardInterrupt, beside what is done about it otherwise.

    Enter it in the main thread, in which Python handles signals.
    """
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}

    def restore() -> None:
        for number, handler in ours.items():
            signal.signal(number, handler)

    def interrupt(number: int, frame: FrameType | None) -> None:
        restore()  # another signal must not interrupt the cleaning up after this one
        ours[signal.Signals(number)](number, frame)
        raise KeyboardInterrupt

    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        restore()
