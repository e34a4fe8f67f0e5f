"""Goal files of the paper's code, for Hydra: each hidden layer's gamma among its parameters.

Source: https://github.com/Priesemann-Group/Infomorphic_Networks, paper_trivariate/conf/goals.
"""

import re
from collections.abc import Mapping

import yaml

from model.goal import Goals

LAYERS = "layer_params"
LAYER = "hidden_layer"

REFERENCE = re.compile(r"\$\{(\w+)\}")


def goals_in(document: Mapping[str, object]) -> list[list[object]]:
    """The gamma of each hidden layer; whatever else there is, is not ours.

    Raises:
        ValueError: If the layers are not numbered from 1, or one has no list of numbers as its gamma.
    """
    layers = document[LAYERS]
    layers = layers if isinstance(layers, Mapping) else {}
    names = [name for name in layers if name.startswith(LAYER)]
    expected = [f"{LAYER}{number}" for number in range(1, max(len(names), 1) + 1)]
    if set(names) != set(expected):
        raise ValueError(f"expected {', '.join(expected)} in {LAYERS}; got {names or 'none'}")
    return [_gamma(name, layers[name], document) for name in expected]


def _gamma(name: str, layer: object, document: Mapping[str, object]) -> list[object]:
    gamma = layer.get("gamma") if isinstance(layer, Mapping) else None
    if isinstance(gamma, str) and (reference := REFERENCE.fullmatch(gamma)):
        gamma = document.get(reference[1])
    if not isinstance(gamma, list) or not all(isinstance(weight, float) for weight in gamma):
        raise ValueError(
            f"expected the gamma of {name} to be a list of numbers, or ${{name}} of a list at the top of the file: its "
            "neurons have one goal, none for each source, and what else Hydra would put in is not known here"
        )
    return gamma


def dump(goals: Goals, goal_type: str) -> bytes:
    """The goals as parameters of layers, each weight with its term as the paper's code calls it."""
    lines = ["# @package _global_"]
    lines += [yaml.safe_dump({"exp_params": {"goal_type": goal_type}}, allow_unicode=True), f"{LAYERS}:"]
    for number, goal in enumerate(goals, start=1):
        lines += [f"  {LAYER}{number}:", "    gamma:"]
        lines += [f"      - {_number(weight)}  # {_with_digits(term)}" for term, weight in goal.as_dict().items()]
    return ("\n".join(lines) + "\n").encode()


def _number(weight: float) -> str:
    written = repr(weight)
    return written if "." in written else written.replace("e", ".0e")  # to YAML 1.1, 1e-05 is text


def _with_digits(term: str) -> str:
    """A term's name with 1 for the feedforward, 2 for the context and 3 for the lateral source, as in `{1}{23}`."""
    return term.translate(str.maketrans("FCL", "123")).lower()
