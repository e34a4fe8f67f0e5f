"""Loops that numba compiles for the CPU, and threads to run them in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import no_type_check

import numba
import torch

RELAXED = frozenset({"contract", "nsz"})
"""What of floating arithmetic may be relaxed. Not NaN and infinities, which mean a diverged network; nor the order of
sums: (s + 1) − θ for s + (1 − θ) loses the digits of a neuron that almost always fires; nor quotients: a value on the
edge of a bin must stay there."""


@no_type_check
def compiled(loops=None, *, relaxed=RELAXED):  # noqa: ANN001, ANN201 - numba has no types
    """Compiled at the first call; kept for other processes where anything may be written, else compiled by each.

    To be written above loops as it is, or with what of floating arithmetic these may relax.
    """
    if loops is None:
        return partial(compiled, relaxed=relaxed)
    options = {"nogil": True, "error_model": "numpy", "fastmath": set(relaxed)}
    try:
        dispatcher = numba.njit(cache=True, **options)(loops)
        # Numba would notice changes of the loops' own file alone, and go on with constants of others as they were.
        dispatcher._cache._cache_file._source_stamp = _stamp()
    except (RuntimeError, AttributeError):  # neither beside the code nor in the user's cache directory
        return numba.njit(**options)(loops)
    return dispatcher


@cache
def _stamp() -> str:
    """Changes with every file of this package."""
    contents = [path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py"))]
    return sha256(b"\0".join(contents)).hexdigest()


def in_shares(n_rows: int, compute: Callable[[int, int], object]) -> None:
    """Compute rows in as many threads as torch has, each from a first row to the one after a last."""
    threads = min(torch.get_num_threads(), n_rows)
    bounds = [n_rows * thread // threads for thread in range(threads + 1)]
    own, *others = pairwise(bounds)
    # Threads of our own: a second OpenMP beside torch's would have idle threads of both spin on the same cores.
    parts = [_pool(threads).submit(compute, *part) for part in others]
    compute(*own)
    for part in parts:
        part.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads - 1, thread_name_prefix="compute")
