"""Limited lateral connections compiled for the CPU, float32, in threads that share the neurons.

Outputs are −1 or +1, which eight bits hold as well: the rows that a neuron hears lie all over the layer's outputs, and
a quarter of these is what a processor's cache has room for.
"""

from functools import partial

import torch
from jaxtyping import Float32, Int8, Int64
from torch import Tensor

from model.compilation import in_shares
from model.laterals import kernels

Activity = Float32[Tensor, "member neuron sample"]
Connections = Float32[Tensor, "member neuron connection"]


@torch.no_grad()
def own(
    sources: Int64[Tensor, "member neuron connection"],
    weight: Connections,
    bias: Float32[Tensor, "member neuron 1"],
    outputs: Activity,
) -> Activity:
    """Bias and weighted sum of what each neuron hears."""
    heard = torch.empty_like(outputs, memory_format=torch.contiguous_format)
    arrays = [t.contiguous().numpy() for t in (sources, weight, bias, _signs(outputs), heard)]
    rows = sources.shape[0] * sources.shape[1]
    in_shares(rows, partial(kernels.weighted_sums, *arrays))
    return heard


@torch.no_grad()
def take_own(
    sources: Int64[Tensor, "member neuron connection"], downhill: Activity, outputs: Activity, gradient: Connections
) -> None:
    """Write the derivative by each weight, given that by what `own` gave."""
    arrays = [t.contiguous().numpy() for t in (sources, downhill, _signs(outputs))]
    rows = sources.shape[0] * sources.shape[1]
    in_shares(rows, partial(kernels.correlations, *arrays, gradient.numpy()))


def _signs(outputs: Activity) -> Int8[Tensor, "member neuron sample"]:
    return outputs.to(torch.int8, memory_format=torch.contiguous_format)
