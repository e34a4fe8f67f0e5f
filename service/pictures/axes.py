"""Where axes end, and where numbers are written at them."""

import math
from collections.abc import Sequence


def around(values: Sequence[float], *, least: float = 1e-3) -> tuple[float, float]:
    """Ends of an axis that has room for some finite numbers, one at least, and a little more.

    Args:
        values: To be seen.
        least: Distance of the ends where the numbers are equal.
    """
    low, high = min(values), max(values)
    margin = max(0.06 * (high - low), (least - (high - low)) / 2)
    return low - margin, high + margin


def whole_ticks(first: int, last: int) -> list[int]:
    """Round whole numbers, at most seven, from the first number there is to the last."""
    steps = (digit * 10**power for power in range(9) for digit in (1, 2, 5))
    step = next(step for step in steps if last - first <= 6 * step)
    return [number for number in range(0, last + 1, step) if number >= first] or [first]


def few_ticks(limits: tuple[float, float]) -> list[float]:
    """Zero, and a round number on either side where a narrow axis of changes has room for it.

    It is in the middle between zero and the end or beyond, and touches neither zero nor what is at the next panel.
    """
    most = 0.75 * max(-limits[0], limits[1])
    power = 10.0 ** math.floor(math.log10(most))
    distance = power * max(digit for digit in (1, 1.5, 2, 3, 4, 5, 6, 8) if digit == 1 or digit * power <= most)
    return [tick for tick in (-distance, 0.0, distance) if limits[0] <= tick <= limits[1]]
