"""The weights that a study is about, by name: those of one goal for all hidden layers, or of a goal for each."""

from collections.abc import Mapping

from model.config import NetworkConfig
from model.goal import RESIDUAL_ENTROPY, TERMS_OF, Goal, Goals
from service.ranges import Range

Space = Mapping[str, Range | float]
"""For each weight, by name, its range or what it is fixed to; where a lab gives it, a term stands for all layers."""


def weight_names(network: NetworkConfig, *, goal_per_layer: bool) -> tuple[str, ...]:
    """The names of all weights: terms, or those of layers, as in `2:{F}{C}`, where each has a goal of its own."""
    terms = TERMS_OF[network.kind]
    if network.n_goals == 0:
        return ()
    if not goal_per_layer:
        return terms
    return tuple(f"{layer}:{term}" for layer in range(1, network.n_goals + 1) for term in terms)


def term_of(name: str) -> str:
    """The term that a weight weighs."""
    return name.rpartition(":")[2]


def whole_space(names: tuple[str, ...], given: Space, *, fixes_residual: bool) -> dict[str, Range | float]:
    """A range or number for every weight, in their order.

    Args:
        names: Of all weights.
        given: By name, or by term for all layers at once; a weight's own name goes before.
        fixes_residual: Whether weights of H_res that are not given are 0; the others are searched in [−1, 1].

    Raises:
        ValueError: If something is given that is no weight.
    """
    terms = list(dict.fromkeys(term_of(name) for name in names))
    if unknown := sorted(given.keys() - set(names) - set(terms)):
        by_layer = f", alone or as in {names[0]!r} for one layer" if names and names[0] not in terms else ""
        valid = f"valid are {', '.join(terms)}{by_layer}" if names else "the network's hidden layers have no goals"
        raise ValueError(f"unknown terms {unknown}; {valid}")

    def published(term: str) -> Range | float:
        return 0.0 if fixes_residual and term == RESIDUAL_ENTROPY else Range()

    return {name: given.get(name, given.get(term_of(name), published(term_of(name)))) for name in names}


def named(goals: Goals, names: tuple[str, ...]) -> dict[str, float]:
    """The weights of a network's goals by name.

    Raises:
        ValueError: If one goal is searched for all layers, but these are several.
    """
    if goals and len(names) == len(goals[0].gamma):
        if len(set(goals)) > 1:
            raise ValueError("the study searches one goal for all hidden layers; set goal_per_layer for several")
        goals = goals[:1]
    return dict(zip(names, (weight for goal in goals for weight in goal.gamma), strict=True))


def goals_from(weights: Mapping[str, float], network: NetworkConfig, names: tuple[str, ...]) -> Goals:
    """The goal of each hidden layer, from the weights by name.

    Raises:
        KeyError: If a weight is missing.
        ValueError: If one is not in [−1, 1].
    """
    size = len(TERMS_OF[network.kind])
    goals = tuple(
        Goal(tuple(float(weights[name]) for name in names[first : first + size]))
        for first in range(0, len(names), size)
    )
    return goals if len(goals) == network.n_goals else goals * network.n_goals
