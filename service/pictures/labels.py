"""Where labels are that would stand on each other."""

from collections.abc import Sequence


def apart(values: Sequence[float], distance: float, limits: tuple[float, float]) -> list[float]:
    """Places near the values, in their order, of which no two are nearer to each other than a distance.

    Those that would be too near are a group, at equal distances around the mean of its values.

    Args:
        values: In any order.
        distance: Of two places.
        limits: That all are between, half a distance from each at least, if there is room for so many.
    """
    groups: list[list[int]] = []

    def spread(group: Sequence[int]) -> list[float]:
        centre = sum(values[i] for i in group) / len(group)
        return [centre + (place - (len(group) - 1) / 2) * distance for place in range(len(group))]

    for i in sorted(range(len(values)), key=lambda i: values[i]):
        groups.append([i])
        while len(groups) > 1 and spread(groups[-1])[0] - spread(groups[-2])[-1] < distance:
            last = groups.pop()
            groups[-1] += last
    order = [i for group in groups for i in group]
    free = [at for group in groups for at in spread(group)]
    found: dict[int, float] = {}
    for place, (i, at) in enumerate(zip(order, free, strict=True)):
        least = limits[0] + (place + 0.5) * distance
        most = limits[1] - (len(order) - place - 0.5) * distance
        found[i] = max(least, min(most, at))
    return [found[i] for i in range(len(values))]
