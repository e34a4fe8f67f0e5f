"""Goals: what a neuron maximises, one weight for each term of its information decomposition."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

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


@dataclass(frozen=True)
class Goal:
    """Goal vector γ of a trivariate neuron, in the order of TERMS.

    Raises:
        ValueError: If there are not 19 weights, or one is not a finite number in [−1, 1].
    """

    gamma: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.gamma) != len(TERMS):
            raise ValueError(f"a goal has {len(TERMS)} weights in the order {', '.join(TERMS)}; got {len(self.gamma)}")
        for term, weight in zip(TERMS, self.gamma, strict=True):
            if not -1 <= weight <= 1:  # nor is NaN
                raise ValueError(f"the weight of {term} must be a number in [-1, 1]; got {weight}")

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Goal":
        """The goal with these weights; terms that are not named weigh nothing.

        Raises:
            ValueError: If a term is unknown or a weight is not in [−1, 1].
        """
        if unknown := sorted(weights.keys() - set(TERMS)):
            raise ValueError(f"unknown terms {unknown}; expected some of {list(TERMS)}")
        return cls(tuple(_as_float(weights.get(term, 0.0)) for term in TERMS))

    @classmethod
    def preset(cls, name: str) -> "Goal":
        """A published trivariate goal.

        Raises:
            ValueError: If no preset has this name.
        """
        trivariate = presets()["trivariate"]
        if name not in trivariate:
            raise ValueError(f"no preset goal is called {name!r}; there are {sorted(trivariate)}")
        return cls(trivariate[name])

    @classmethod
    def parse(cls, document: object) -> "Goal":
        """A goal from JSON: a preset's name, 19 weights in the order of TERMS, or an object of term and weight.

        Raises:
            ValueError: If the document is none of these.
        """
        if isinstance(document, str):
            return cls.preset(document)
        if isinstance(document, Mapping) and all(_is_number(weight) for weight in document.values()):
            return cls.of(document)
        if isinstance(document, Sequence) and all(_is_number(weight) for weight in document):
            return cls(tuple(_as_float(weight) for weight in document))
        raise ValueError(
            f"a goal is the name of a preset, a list of {len(TERMS)} numbers, or an object of terms and numbers"
        )

    def as_dict(self) -> dict[str, float]:
        """The weights by the names of their terms, in the order of TERMS."""
        return dict(zip(TERMS, self.gamma, strict=True))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer of hundreds of digits
        return math.inf


@cache
def presets() -> dict[str, dict[str, tuple[float, ...]]]:
    """The published goal vectors by kind (trivariate, bivariate_context, bivariate_lateral) and name.

    Source: Schneider et al., ICLR 2025, as published with the paper's code.
    """
    published = json.loads(files("model").joinpath("presets.json").read_text("utf-8"))
    return {
        kind: {name: tuple(float(weight) for weight in gamma) for name, gamma in published[kind].items()}
        for kind in ("trivariate", "bivariate_context", "bivariate_lateral")
    }
