"""Goals as pictures: on the redundancy lattice, and several side by side."""

from collections.abc import Mapping, Sequence
from functools import cache

from model.goal import BIVARIATE, BIVARIATE_TERMS, RESIDUAL_ENTROPY, TRIVARIATE, Goal
from model.lattice import Lattice, precedes
from service.pictures.chart import Graph, HeatMap, Node, Picture
from service.pictures.colours import Scale

_LEFT_TO_RIGHT = (
    *("{F}{L}", "{F}{C}", "{C}{L}", "{F}{CL}", "{L}{FC}", "{C}{FL}", "{F}", "{FC}{FL}{CL}", "{L}", "{C}"),
    *("{FC}{FL}", "{FL}{CL}", "{FC}{CL}", "{FL}", "{FC}", "{CL}"),
)
"""Of the 30 lines between neighbours 6 cross each other in this order, and 10 in the published one; fewer cannot."""


def goal(goals: Sequence[Goal], title: str, subtitle: str = "") -> Picture:
    """The goal of each hidden layer on the redundancy lattice; one panel if all are the same.

    Args:
        goals: One at least.
        title: Of the picture.
        subtitle: What else there is to say.
    """
    if len(apart := told_apart(goals)) == 1:
        return lattices({"": apart[0]}, title, subtitle)
    return lattices({f"hidden layer {layer}": own for layer, own in enumerate(apart, start=1)}, title, subtitle)


def lattices(goals: Mapping[str, Goal], title: str, subtitle: str = "") -> Picture:
    """Goals on redundancy lattices, by name.

    Args:
        goals: One at least.
        title: Of the picture.
        subtitle: What else there is to say.
    """
    panels = [_on_lattice(own, name) for name, own in goals.items()]
    return Picture(title, subtitle, panels, columns=min(2, len(panels)), scale=Scale.of_weights())


def side_by_side(goals: Mapping[str, Sequence[Goal]], title: str, subtitle: str = "") -> Picture:
    """The weights of several networks' goals in one table, a column for each.

    Args:
        goals: For each name, such as a study's, the goal of each hidden layer; one at least.
        title: Of the picture.
        subtitle: What else there is to say.
    """
    columns: dict[tuple[str, ...], list[tuple[str, Goal]]] = {}
    for name, layers in goals.items():
        apart = told_apart(layers)
        for layer, own in enumerate(apart, start=1):
            columns.setdefault(own.terms, []).append((name if len(apart) == 1 else f"{name}, layer {layer}", own))
    panels = [
        HeatMap(
            rows=terms,
            columns=[name for name, _ in named],
            cells=[list(weights) for weights in zip(*(own.gamma for _, own in named), strict=True)],
            places=max(map(len, columns.values())),
            title="" if len(columns) == 1 else "bivariate" if terms == BIVARIATE_TERMS else "trivariate",
        )
        for terms, named in columns.items()
    ]
    return Picture(title, subtitle, panels, scale=Scale.of_weights())


def told_apart(layers: Sequence[Goal]) -> Sequence[Goal]:
    """The goals of a network's hidden layers, of which one stands for all if they are the same."""
    return layers[:1] if len(set(layers)) == 1 else layers


def _on_lattice(own: Goal, title: str) -> Graph:
    lattice = BIVARIATE if own.terms == BIVARIATE_TERMS else TRIVARIATE
    weights = own.as_dict()
    places = _places(lattice)
    nodes = [Node(name, *places[name], weights[name]) for name in lattice.names]
    # It is no antichain: beside the lowest one, where the lattice is narrow.
    furthest = max(1.0, *(x for x, _ in places.values()))
    return Graph([*nodes, Node(RESIDUAL_ENTROPY, furthest, 0, weights[RESIDUAL_ENTROPY])], neighbours(lattice), title)


@cache
def neighbours(lattice: Lattice) -> tuple[tuple[int, int], ...]:
    """Positions of the antichains that nothing is between, the lower one first: the lines of a Hasse diagram."""
    size = range(len(lattice.antichains))
    below = {
        (low, high)
        for low in size
        for high in size
        if low != high and precedes(lattice.antichains[low], lattice.antichains[high])
    }
    return tuple(
        sorted(
            (low, high)
            for low, high in below
            if not any((low, between) in below and (between, high) in below for between in size)
        )
    )


@cache
def _places(lattice: Lattice) -> Mapping[str, tuple[float, float]]:
    """Where the antichains are: each a step above those that it covers, and the levels centred."""
    height = [0] * len(lattice.antichains)
    for _ in height:  # as often as the longest way up is long, at most
        for low, high in neighbours(lattice):
            height[high] = max(height[high], height[low] + 1)
    order = {name: place for place, name in enumerate(_LEFT_TO_RIGHT)}
    levels: dict[int, list[str]] = {}
    for name, level in zip(lattice.names, height, strict=True):
        levels.setdefault(level, []).append(name)
    return {
        name: (place - (len(level) - 1) / 2, float(up))
        for up, level in levels.items()
        for place, name in enumerate(sorted(level, key=lambda name: order.get(name, 0)))
    }
