"""How large the record of a network gets that is trained to the end: what is said before anything is trained."""

from typing import Literal

from model.config import NetworkConfig
from model.goal import BIVARIATE_TERMS, TERMS_OF

RecordKind = Literal["layers", "neurons", "none"]
"""What is recorded: each layer's information, that of each neuron too, or nothing."""

BYTES_OF_NUMBER = 100
"""Of memory that a number of a history takes: a float of Python and its place in a row, and it is written as text."""


def neurons_bytes(network: NetworkConfig, epochs: int, n_labels: int) -> int:
    """What the information of each neuron takes: a float32 for each epoch, neuron and term."""
    return 4 * epochs * sum(n_neurons * n_terms for n_neurons, n_terms in _informed_layers(network, n_labels))


def history_numbers(network: NetworkConfig, epochs: int, *, noise_free: bool) -> int:
    """Numbers in a network's history: of each epoch accuracies, each layer's terms, and two distances of its fields."""
    n_learning = 1 + (0 if network.learning == "fixed" else len(network.layers))
    n_terms = sum(n_terms for _, n_terms in _informed_layers(network, 0))
    return epochs * (3 + noise_free + 2 * n_learning + n_terms)


def record_bytes(record: RecordKind, network: NetworkConfig, epochs: int, n_labels: int) -> int:
    """About what a network's record takes in memory, once it has been trained to the end."""
    if record == "none":
        return 0
    history = BYTES_OF_NUMBER * history_numbers(network, epochs, noise_free=True)
    return history + (neurons_bytes(network, epochs, n_labels) if record == "neurons" else 0)


def _informed_layers(network: NetworkConfig, n_labels: int) -> list[tuple[int, int]]:
    """Neurons and terms of each layer that has terms: not of fixed ones, nor of the output of backpropagation."""
    n_terms = len(TERMS_OF[network.kind])
    hidden = [] if network.learning == "fixed" else [(n_neurons, n_terms) for n_neurons in network.layers]
    output = [] if network.learning == "backpropagation" else [(n_labels, len(BIVARIATE_TERMS))]
    return hidden + output
