"""Weights by hidden layer: what names such as `2:{F}{C}` say."""

import re
from collections.abc import Iterable, Mapping

from model.goal import BIVARIATE_TERMS, TERMS
from service.weights import term_of

_OF_A_LAYER = re.compile(r"([0-9]+):")
_ORDER = {term: place for terms in (BIVARIATE_TERMS, TERMS) for place, term in enumerate(terms)}


def by_layer(names: Iterable[str]) -> Mapping[str, list[str]]:
    """The names under the title of their layer, which is empty where all layers share a goal."""
    layers: dict[str, list[str]] = {}
    for name in names:
        layer = _OF_A_LAYER.match(name)
        layers.setdefault(f"hidden layer {layer[1]}" if layer else "", []).append(name)
    return layers


def in_published_order(names: Iterable[str]) -> list[str]:
    """The names in the order of layers and terms; those of no term come last."""

    def key(name: str) -> tuple[int, int]:
        layer = _OF_A_LAYER.match(name)
        return int(layer[1]) if layer else 0, _ORDER.get(term_of(name), len(_ORDER))

    return sorted(names, key=key)
