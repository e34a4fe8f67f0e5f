"""Where in its network a layer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from model.config import NetworkConfig
from model.randomness import Purpose, key


@dataclass(frozen=True)
class Place:
    """Where in the networks of a population a layer is, and what it is made of.

    Attributes:
        seeds: Each member's.
        number: Hidden layers before it.
        first_neuron: Neurons in these.
        n_inputs: Pixels of an image, or neurons of the layer before.
        n_neurons: Neurons of the layer.
        n_labels: Classes.
        template: A tensor of the dtype and on the device to compute in.
    """

    seeds: Sequence[int]
    number: int
    first_neuron: int
    n_inputs: int
    n_neurons: int
    n_labels: int
    template: Tensor

    def generators(self) -> list[torch.Generator]:
        """A generator a member for the first weights; on the CPU, so that every device starts from the same."""
        return [torch.Generator().manual_seed(key(seed, Purpose.INITIALISATION, self.number)) for seed in self.seeds]


def places(network: NetworkConfig, seeds: Sequence[int], n_inputs: int, n_labels: int, template: Tensor) -> list[Place]:
    """The places of the hidden layers of a network, then of its output layer.

    Args:
        network: The network.
        seeds: Each member's.
        n_inputs: Pixels of an image.
        n_labels: Classes.
        template: A tensor of the dtype and on the device to compute in.
    """
    sizes = (*network.layers, n_labels)
    inputs, before = (n_inputs, *network.layers), accumulate(network.layers, initial=0)
    return [
        Place(seeds, number, first_neuron, heard, size, n_labels, template)
        for number, (size, heard, first_neuron) in enumerate(zip(sizes, inputs, before, strict=True))
    ]
