"""Setup 2's lateral connections: a neuron hears some others of its layer, drawn once at random.

The compiled backend computes them for float32 on the CPU, the torch backend on every device and in every float type.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.laterals import compiled_backend, torch_backend
from model.linear import LinearMaps
from model.neurons import Activity
from model.randomness import Purpose, key


def connections(
    seeds: Sequence[int], layer: int, n_neurons: int, n_connections: int
) -> Int64[Tensor, "member neuron connection"]:
    """Other neurons of the layer for each neuron to hear, drawn by each member's seed, whatever it computes in.

    Args:
        seeds: Each member's seed.
        layer: Which layer of the network.
        n_neurons: Neurons of the layer.
        n_connections: Connections into each neuron, fewer than there are neurons.
    """
    sources = torch.empty(len(seeds), n_neurons, n_connections, dtype=torch.int64)
    for member, seed in enumerate(seeds):
        generator = torch.Generator().manual_seed(key(seed, Purpose.LATERAL_CONNECTIONS, layer))
        for neuron in range(n_neurons):
            others = torch.randperm(n_neurons - 1, generator=generator)[:n_connections].sort().values
            sources[member, neuron] = others + (others >= neuron)
    return sources


@dataclass(frozen=True)
class LimitedLaterals:
    """For each neuron of each member a linear map with bias of the outputs of a few others, the same few for ever.

    Attributes:
        sources: Whom a neuron hears: positions in its layer, ascending, never its own.
        maps: Of what each neuron hears.
    """

    sources: Int64[Tensor, "member neuron connection"]
    maps: LinearMaps

    @classmethod
    def initialised(
        cls,
        generators: Sequence[torch.Generator],
        sources: Int64[Tensor, "member neuron connection"],
        template: Tensor,
    ) -> "LimitedLaterals":
        """Weights and biases uniform within ±1/√(connections), drawn by each member's own generator.

        Args:
            generators: One a member, on the CPU.
            sources: From `connections`.
            template: A tensor of the dtype and on the device to compute in.
        """
        _, n_neurons, n_connections = sources.shape
        maps = LinearMaps.initialised(generators, n_neurons, n_connections, template)
        return cls(sources.to(template.device), maps)

    @property
    def weight(self) -> Float[Tensor, "member neuron connection"]:
        """One a connection."""
        return self.maps.weight

    @property
    def bias(self) -> Float[Tensor, "member neuron 1"]:
        """The lateral input that comes from zeros."""
        return self.maps.bias

    def of(self, outputs: Activity) -> Activity:
        """What the neurons hear of outputs −1 or +1."""
        heard: Activity = self._backend().own(self.sources, self.weight, self.bias, outputs)
        return heard

    def of_any(self, outputs: Activity) -> Activity:
        """What the neurons hear of outputs of any value, differentiable by them and by the weights."""
        return torch_backend.own(self.sources, self.weight, self.bias, outputs)

    def take(self, downhill: Activity, outputs: Activity) -> None:
        """Set the gradients to those that a loss has by what `of` gave for these outputs.

        Raises:
            ValueError: If somebody has set them to None.
        """
        weight, bias = self.maps.gradients()
        self._backend().take_own(self.sources, downhill, outputs, weight)
        torch.sum(downhill, dim=-1, keepdim=True, out=bias)

    def tensors(self) -> dict[str, Tensor]:
        """Weight and bias, by name."""
        return self.maps.tensors()

    def keep(self, members: Int64[Tensor, " kept"]) -> "LimitedLaterals":
        """These members' connections alone, with weights of their own and gradients of zeros."""
        return LimitedLaterals(self.sources[members], self.maps.keep(members))

    def _backend(self) -> ModuleType:
        compiled = self.bias.dtype == torch.float32 and self.bias.device.type == "cpu"
        return compiled_backend if compiled else torch_backend
