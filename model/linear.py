"""Linear maps with bias, one for each member of a population.

Weights carry a leading member axis. Activity is laid out (member, neuron, sample), inputs shared by all members
(sample, input), so that what neurons do sees rows of neurons.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.neurons import Activity

Inputs = Float[Tensor, "_ _"] | Float[Tensor, "_ _ _"]
"""Of a layer: (sample, input), shared by all members, as images are; or each member's own, (member, input, sample)."""


@dataclass(frozen=True)
class LinearMaps:
    """One linear map with bias for each member, from one source to all neurons of a layer."""

    weight: Float[Tensor, "member neuron input"]
    bias: Float[Tensor, "member neuron 1"]

    @classmethod
    def initialised(
        cls, generators: Sequence[torch.Generator], n_neurons: int, n_inputs: int, template: Tensor
    ) -> "LinearMaps":
        """Torch's default: weights and biases uniform within ±1/√(inputs), drawn by each member's own generator."""
        bound = n_inputs**-0.5
        weight = torch.empty(len(generators), n_neurons, n_inputs, dtype=template.dtype)
        bias = torch.empty(len(generators), n_neurons, 1, dtype=template.dtype)
        for member, generator in enumerate(generators):
            weight[member].uniform_(-bound, bound, generator=generator)
            bias[member].uniform_(-bound, bound, generator=generator)
        return cls._learning(weight.to(template.device), bias.to(template.device))

    @classmethod
    def _learning(cls, weight: Tensor, bias: Tensor) -> "LinearMaps":
        for parameter in (weight, bias):
            parameter.grad = torch.zeros_like(parameter)
        return cls(weight, bias)

    def of(self, inputs: Inputs) -> Activity:
        """The map of inputs that all members share, as one product, or that each has of its own."""
        if inputs.dim() == 3:
            return torch.baddbmm(self.bias, self.weight, inputs)
        members, neurons, _ = self.weight.shape
        return (self.weight.flatten(0, 1) @ inputs.T).view(members, neurons, -1).add_(self.bias)

    def take(self, downhill: Activity, inputs: Inputs) -> None:
        """Set the gradients to those that a loss has by what `of` gave for these inputs.

        Raises:
            ValueError: If somebody has set them to None.
        """
        weight, bias = self.gradients()
        if inputs.dim() == 3:
            torch.bmm(downhill, inputs.transpose(1, 2), out=weight)
        else:
            torch.mm(downhill.flatten(0, 1), inputs, out=weight.view(-1, inputs.shape[1]))
        torch.sum(downhill, dim=-1, keepdim=True, out=bias)

    def keep(self, members: Int64[Tensor, " kept"]) -> "LinearMaps":
        """The maps of some members."""
        return self._learning(self.weight[members], self.bias[members])

    def tensors(self) -> dict[str, Tensor]:
        """Weight and bias, by name."""
        return {"weight": self.weight, "bias": self.bias}

    def gradients(self) -> tuple[Tensor, Tensor]:
        """Where Adam reads the gradients of weight and bias.

        Raises:
            ValueError: If somebody has set them to None.
        """
        weight, bias = self.weight.grad, self.bias.grad
        if weight is None or bias is None:
            raise ValueError("somebody has taken the gradients away")
        return weight, bias
