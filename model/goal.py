"""Goals: what a neuron maximises, one weight for each term of its information decomposition."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from model.lattice import Lattice

RESIDUAL_ENTROPY = "H_res"
"""H(Y) − I(Y; all sources): what no source explains of the output."""

TRIVARIATE_ATOMS = (
    *("{F}{C}{L}", "{F}{C}", "{F}{L}", "{C}{L}", "{F}{CL}", "{C}{FL}", "{L}{FC}", "{F}", "{C}", "{L}"),
    *("{FC}{FL}{CL}", "{FC}{FL}", "{FC}{CL}", "{FL}{CL}", "{FC}", "{FL}", "{CL}", "{FCL}"),
)
"""Names of the 18 antichains of feedforward, context and lateral source, in the published order."""

BIVARIATE_ATOMS = ("{1}", "{2}", "{1}{2}", "{12}")
"""Names of the 4 antichains of two sources, in the published order."""

TERMS = (*TRIVARIATE_ATOMS, RESIDUAL_ENTROPY)
"""The 19 terms of a trivariate goal; their order is part of every format."""

BIVARIATE_TERMS = (*BIVARIATE_ATOMS, RESIDUAL_ENTROPY)
"""The 5 terms of a bivariate goal; their order is part of every format."""

TRIVARIATE = Lattice.in_order("FCL", TRIVARIATE_ATOMS)
BIVARIATE = Lattice.in_order("12", BIVARIATE_ATOMS)


Kind = Literal["trivariate", "bivariate_context", "bivariate_lateral"]
"""Which sources a goal's neurons have beside the feedforward one: context and lateral, or one of them."""

TERMS_OF: Mapping[Kind, tuple[str, ...]] = {
    "trivariate": TERMS,
    "bivariate_context": BIVARIATE_TERMS,
    "bivariate_lateral": BIVARIATE_TERMS,
}
"""The terms of each kind's goals, in their order."""


@dataclass(frozen=True)
class Goal:
    """Goal vector γ of a neuron: 19 weights in the order of TERMS, or 5 in that of BIVARIATE_TERMS.

    Raises:
        ValueError: If there are neither 19 nor 5 weights, or one is not a finite number in [−1, 1].
    """

    gamma: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.gamma) not in {len(TERMS), len(BIVARIATE_TERMS)}:
            raise ValueError(
                f"a goal has {len(TERMS)} weights in the order {', '.join(TERMS)}, or {len(BIVARIATE_TERMS)} in the "
                f"order {', '.join(BIVARIATE_TERMS)}; got {len(self.gamma)}"
            )
        for term, weight in zip(self.terms, self.gamma, strict=True):
            if not -1 <= weight <= 1:  # nor is NaN
                raise ValueError(f"the weight of {term} must be a number in [-1, 1]; got {weight}")

    @property
    def terms(self) -> tuple[str, ...]:
        """What the weights weigh, in their order."""
        return TERMS if len(self.gamma) == len(TERMS) else BIVARIATE_TERMS

    @classmethod
    def of(cls, weights: Mapping[str, float], kind: Kind = "trivariate") -> "Goal":
        """The goal with these weights; terms that are not named weigh nothing.

        Raises:
            ValueError: If a term is unknown or a weight is not in [−1, 1].
        """
        terms = TERMS_OF[kind]
        if unknown := sorted(weights.keys() - set(terms)):
            raise ValueError(f"unknown terms {unknown}; expected some of {list(terms)}")
        return cls(tuple(_as_float(weights.get(term, 0.0)) for term in terms))

    @classmethod
    def preset(cls, name: str, kind: Kind = "trivariate") -> "Goal":
        """A published goal.

        Raises:
            ValueError: If no preset of this kind has this name.
        """
        published = presets()[kind]
        if name not in published:
            raise ValueError(f"no preset goal is called {name!r}; there are {sorted(published)}")
        return cls(published[name])

    @classmethod
    def parse(cls, document: object, kind: Kind = "trivariate") -> "Goal":
        """A goal from JSON: a preset's name, weights in the order of the terms, or an object of term and weight.

        Raises:
            ValueError: If the document is none of these.
        """
        terms = TERMS_OF[kind]
        if isinstance(document, str):
            return cls.preset(document, kind)
        if isinstance(document, Mapping) and all(_is_number(weight) for weight in document.values()):
            return cls.of(document, kind)
        if isinstance(document, Sequence) and all(_is_number(weight) for weight in document):
            if len(document) != len(terms):
                raise ValueError(
                    f"a goal of neurons that are {_in_words(kind)} has {len(terms)} weights "
                    f"in the order {', '.join(terms)}; got {len(document)}"
                )
            return cls(tuple(_as_float(weight) for weight in document))
        raise ValueError(
            f"a goal is the name of a preset, a list of {len(terms)} numbers, or an object of terms and numbers"
        )

    def as_dict(self) -> dict[str, float]:
        """The weights by the names of their terms, in the order of the terms."""
        return dict(zip(self.terms, self.gamma, strict=True))


Goals = tuple[Goal, ...]
"""The goal of each hidden layer of a network, the one that sees the images first."""


def for_each_layer(goals: Goals, n_layers: int) -> Goals:
    """The goal of each hidden layer of a network, given a single one for all or one for each.

    Raises:
        ValueError: If there are more or fewer.
    """
    if len(goals) == 1:
        return goals * n_layers
    if len(goals) == n_layers:
        return goals
    if n_layers == 0:
        raise ValueError(f"no hidden layer learns by a goal: expected none, or one to leave alone; got {len(goals)}")
    raise ValueError(f"expected one goal for all hidden layers, or {n_layers}, one for each; got {len(goals)}")


def goals_of_layers(goal: Goal | Sequence[Goal], kind: Kind, n_layers: int) -> Goals:
    """The goal of each hidden layer of a network, given one for all or one for each.

    Raises:
        ValueError: If there are more or fewer goals than layers, or one does not fit the layer's neurons.
    """
    goals = for_each_layer((goal,) if isinstance(goal, Goal) else tuple(goal), n_layers)
    terms = TERMS_OF[kind]
    for layer, own in enumerate(goals, start=1):
        if own.terms != terms:
            raise ValueError(
                f"the neurons of hidden layer {layer} are {_in_words(kind)}: expected {len(terms)} weights "
                f"in the order {', '.join(terms)}; got {len(own.gamma)}"
            )
    return goals


def parse_goals(document: object, kind: Kind, n_layers: int) -> Goals:
    """The goals of a network from JSON: one for all hidden layers, or a list of one for each.

    Args:
        document: A goal as `Goal.parse` reads it, or a list of such.
        kind: Of all of them.
        n_layers: How many hidden layers there are.

    Raises:
        ValueError: If the document is neither, or has another number of goals.
    """
    return for_each_layer(parse_each(goal_documents(document), kind), n_layers)


def parse_each(documents: Sequence[object], kind: Kind) -> Goals:
    """Each goal, as `Goal.parse` reads it.

    Raises:
        ValueError: If one is none, named by its layer where there are several.
    """
    goals = []
    for layer, document in enumerate(documents, start=1):
        try:
            goals.append(Goal.parse(document, kind))
        except ValueError as error:
            if len(documents) == 1:
                raise
            raise ValueError(f"hidden layer {layer}: {error}") from error
    return tuple(goals)


def goal_documents(document: object) -> Sequence[object]:
    """Those of a list of goals, or the one that a document is; a list of numbers is one."""
    if isinstance(document, Sequence) and not isinstance(document, str) and document and not _is_number(document[0]):
        return document
    return [document]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer of hundreds of digits
        return math.inf


def _in_words(kind: Kind) -> str:
    return {
        "trivariate": "trivariate",
        "bivariate_context": "bivariate, with context",
        "bivariate_lateral": "bivariate, with lateral input",
    }[kind]


@cache
def presets() -> dict[Kind, dict[str, tuple[float, ...]]]:
    """The published goal vectors by kind and name.

    Source: Schneider et al., ICLR 2025, as published with the paper's code.
    """
    published = json.loads(files("model").joinpath("presets.json").read_text("utf-8"))
    return {
        kind: {name: tuple(float(weight) for weight in gamma) for name, gamma in published[kind].items()}
        for kind in TERMS_OF
    }
