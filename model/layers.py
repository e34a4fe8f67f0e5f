"""The weights of a network's layers, for a whole population at a time.

Weights carry a leading member axis. Activity is laid out (member, neuron, sample), inputs shared by all members
(sample, input), so that what neurons do sees rows of neurons.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.config import NetworkConfig
from model.laterals import LimitedLaterals, connections
from model.neurons import Activity, Sources
from model.randomness import Purpose, key


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

    def shared(self, inputs: Float[Tensor, "sample input"]) -> Activity:
        """The map of inputs that all members share, as one product."""
        members, neurons, _ = self.weight.shape
        return (self.weight.flatten(0, 1) @ inputs.T).view(members, neurons, -1).add_(self.bias)

    def own(self, inputs: Float[Tensor, "member input sample"]) -> Activity:
        """The map of inputs that each member has of its own."""
        return torch.baddbmm(self.bias, self.weight, inputs)

    def take_shared(self, downhill: Activity, inputs: Float[Tensor, "sample input"]) -> None:
        """Set the gradients to those that a loss has by what `shared` gave for these inputs."""
        weight, bias = self.gradients()
        torch.mm(downhill.flatten(0, 1), inputs, out=weight.view(-1, inputs.shape[1]))
        torch.sum(downhill, dim=-1, keepdim=True, out=bias)

    def take_own(self, downhill: Activity, inputs: Float[Tensor, "member input sample"]) -> None:
        """Set the gradients to those that a loss has by what `own` gave for these inputs."""
        weight, bias = self.gradients()
        torch.bmm(downhill, inputs.transpose(1, 2), out=weight)
        torch.sum(downhill, dim=-1, keepdim=True, out=bias)

    def keep(self, members: Int64[Tensor, " kept"]) -> "LinearMaps":
        """The maps of some members."""
        return self._learning(self.weight[members], self.bias[members])

    def parameters(self) -> list[Tensor]:
        """Weight and bias."""
        return [self.weight, self.bias]

    def gradients(self) -> tuple[Tensor, Tensor]:
        """Where Adam reads the gradients of weight and bias.

        Raises:
            ValueError: If somebody has set them to None.
        """
        weight, bias = self.weight.grad, self.bias.grad
        if weight is None or bias is None:
            raise ValueError("somebody has taken the gradients away")
        return weight, bias


def member_generators(seeds: Sequence[int], layer: int) -> list[torch.Generator]:
    """A generator a member for a layer's first weights; on the CPU, so that every device starts from the same."""
    return [torch.Generator().manual_seed(key(seed, Purpose.INITIALISATION, layer)) for seed in seeds]


class HiddenLayer:
    """The maps of trivariate neurons: from the images, from the label, from each other but not themselves."""

    lateral: LinearMaps | LimitedLaterals

    def __init__(
        self, seeds: Sequence[int], network: NetworkConfig, n_inputs: int, n_labels: int, template: Tensor
    ) -> None:
        n_neurons = network.hidden_neurons
        generators = member_generators(seeds, layer=0)
        self.feedforward = LinearMaps.initialised(generators, n_neurons, n_inputs, template)
        self.context = LinearMaps.initialised(generators, n_neurons, n_labels, template)
        if network.lateral_connections is None:
            self.lateral = LinearMaps.initialised(generators, n_neurons, n_neurons, template)
            self.lateral.weight.diagonal(dim1=1, dim2=2).zero_()
        else:
            sources = connections(seeds, 0, n_neurons, network.lateral_connections)
            self.lateral = LimitedLaterals.initialised(generators, sources, template)

    def take(
        self,
        downhill: Sources,
        images: Float[Tensor, "sample input"],
        one_hot: Float[Tensor, "sample label"],
        outputs: Activity,
    ) -> None:
        """Set the gradients of all maps from the derivatives by the sources, and what these came from."""
        self.feedforward.take_shared(downhill[0], images)
        self.context.take_shared(downhill[1], one_hot)
        self.lateral.take_own(downhill[2], outputs)
        if isinstance(self.lateral, LinearMaps):
            self.lateral.gradients()[0].diagonal(dim1=1, dim2=2).zero_()

    def keep(self, members: Int64[Tensor, " kept"]) -> None:
        """Let all members but these go."""
        self.feedforward = self.feedforward.keep(members)
        self.context = self.context.keep(members)
        self.lateral = self.lateral.keep(members)

    def parameters(self) -> list[Tensor]:
        """Everything that is learned."""
        return [p for maps in (self.feedforward, self.context, self.lateral) for p in maps.parameters()]
