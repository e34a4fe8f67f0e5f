"""Workers that train nothing: they take trials, are busy for a while of simulated time, and tell a made-up value."""

import heapq
import random
from collections.abc import Callable, Sequence
from typing import Any

ALONE, SHARE = 1.0, 0.7
"""Time of a trial alone, and of each in a population, on two threads; see docs/measurements.md."""


def simulate(
    n_workers: int,
    take: Callable[[str], Sequence[Any]],
    finish: Callable[[Any], None],
    seed: int = 0,
    spread: float = 0.1,
) -> float:
    """Let workers work until there is nothing to do for any; the share of their time in which they had nothing to do.

    Args:
        n_workers: How many.
        take: What a worker of this name takes, none if there is nothing for it now.
        finish: Ends one of what was taken; all that a worker takes at once ends together.
        seed: Keys how long everything takes.
        spread: Standard deviation of the logarithm of that.
    """
    durations = random.Random(seed)
    idle = [f"simulated/{number}" for number in range(n_workers)]
    at_work: list[tuple[float, str, Sequence[Any]]] = []
    now = busy = 0.0
    while True:
        for worker in idle.copy():
            if taken := take(worker):
                time = durations.lognormvariate(0, spread) * (ALONE - SHARE + SHARE * len(taken))
                heapq.heappush(at_work, (now + time, worker, taken))
                idle.remove(worker)
                busy += time
        if not at_work:
            return 1 - busy / (n_workers * now)
        now, worker, taken = heapq.heappop(at_work)
        for run in taken:
            finish(run)
        idle.append(worker)
