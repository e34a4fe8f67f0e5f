"""Memory that is given back and taken again at every training step."""

import ctypes
from contextlib import suppress
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's settings, from its malloc.h."""


@cache
def keep_freed_memory() -> None:
    """Let this process keep memory that it frees, up to the most it has ever used, for the next time.

    A step's arrays are megabytes large. glibc returns so large a piece to the system, which has to clear it and map it
    anew page by page: a quarter of the processor time of a step of 2000 neurons. Other C libraries do as they like.
    """
    with suppress(OSError, TypeError, AttributeError):  # no C library of this process to be had, or one without it
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        if not mallopt(_MMAP_THRESHOLD, 2**30):
            mallopt(_MMAP_THRESHOLD, 2**25)  # the most that some versions allow
