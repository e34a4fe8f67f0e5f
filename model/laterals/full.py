"""Setup 1's lateral connections: a neuron hears all others of its layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from model.linear import Inputs, LinearMaps
from model.neurons import Activity


class FullLaterals(LinearMaps):
    """Linear maps of a layer's outputs to its own neurons, none of which hears itself."""

    @classmethod
    def initialised(
        cls, generators: Sequence[torch.Generator], n_neurons: int, n_inputs: int, template: Tensor
    ) -> LinearMaps:
        """Torch's default, without what would connect a neuron to itself."""
        maps = super().initialised(generators, n_neurons, n_inputs, template)
        maps.weight.diagonal(dim1=1, dim2=2).zero_()
        return maps

    def take(self, downhill: Activity, inputs: Inputs) -> None:
        """Set the gradients to those that a loss has by what `of` gave for these inputs."""
        super().take(downhill, inputs)
        self.stay_apart()

    def stay_apart(self) -> None:
        """Set the gradients to zero that would connect a neuron to itself."""
        self.gradients()[0].diagonal(dim1=1, dim2=2).zero_()
