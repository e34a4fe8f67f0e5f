"""Limited lateral connections as a full matrix with zeros: the semantics, on any device and in any float type."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.neurons import Activity

Connections = Float[Tensor, "member neuron connection"]


def own(
    sources: Int64[Tensor, "member neuron connection"],
    weight: Connections,
    bias: Float[Tensor, "member neuron 1"],
    outputs: Activity,
) -> Activity:
    """Bias and weighted sum of what each neuron hears."""
    members, neurons, _ = sources.shape
    matrix = weight.new_zeros(members, neurons, neurons).scatter(2, sources, weight)
    return torch.baddbmm(bias, matrix, outputs)


@torch.no_grad()
def take_own(
    sources: Int64[Tensor, "member neuron connection"], downhill: Activity, outputs: Activity, gradient: Connections
) -> None:
    """Write the derivative by each weight, given that by what `own` gave."""
    torch.gather(torch.bmm(downhill, outputs.transpose(1, 2)), 2, sources, out=gradient)
