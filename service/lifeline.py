"""Children that never outlive the process that started them, be it ended by kill -9."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with(parent: int) -> Callable[[], None] | None:
    """What a child must run, as `preexec_fn` of `subprocess`, to get SIGINT when `parent` dies.

    `subprocess` calls it after a change of account, which clears the request, and before exec, which keeps it.
    Linux sends the signal when the *thread* that forked ends, not the process: start the child from a thread that
    lives as long as the child shall, such as the main thread. Other systems have no such request: None.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up here: after the fork as little as possible

    def ask_for_signal() -> None:
        if prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGINT), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_for_signal
