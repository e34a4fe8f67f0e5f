"""The goal's gradient in tensor operations: the semantics, on any device and for any number of sources."""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.lattice import Lattice
from model.pid.masses import Cells, union_masses
from model.pid.weights import redundancy_weights

CACHED = 2**15
"""Neurons × samples a CPU computes at a time, so that arrays of every antichain's masses stay cached."""


@torch.no_grad()
def goal_gradient(
    bins: Int64[Tensor, "source neuron sample"],
    theta: Float[Tensor, "neuron sample"],
    gamma: Float[Tensor, "neuron term"],
    lattice: Lattice,
) -> Float[Tensor, "neuron sample"]:
    """`model.pid.goal_gradient` in plain tensor operations: any device, any float type, any number of sources."""
    neurons = len(theta) if theta.is_cuda else max(1, CACHED // theta.shape[-1])
    parts = zip(
        torch.split(bins, neurons, dim=1), torch.split(theta, neurons), torch.split(gamma, neurons), strict=True
    )
    return torch.cat([_gradient(bins_, theta_, gamma_, lattice) for bins_, theta_, gamma_ in parts])


def _gradient(
    bins: Int64[Tensor, "source neuron sample"],
    theta: Float[Tensor, "neuron sample"],
    gamma: Float[Tensor, "neuron term"],
    lattice: Lattice,
) -> Float[Tensor, "neuron sample"]:
    weights = redundancy_weights(gamma, lattice).T.unsqueeze(-1)  # (antichain, neuron, 1)
    silent = 1 - theta
    smallest = torch.finfo(theta.dtype).tiny ** 0.5
    cells = Cells.of(bins, lattice)
    fired = union_masses(cells, theta, lattice).clamp_(min=smallest)
    unfired = union_masses(cells, silent, lattice).clamp_(min=smallest)

    own_cell = (weights * (fired / unfired).log2_()).sum(dim=0)

    # The mean of 1 − θ, not 1 − the mean of θ, which would lose the digits of a neuron that almost always fires.
    rate, silent_rate = (p.mean(dim=-1, keepdim=True).clamp_(min=smallest) for p in (theta, silent))
    marginal = (weights.sum(dim=0) + gamma[:, -1:]) * torch.log2(rate / silent_rate)

    shares = weights * (theta / fired - silent / unfired)
    matrix = torch.as_tensor(lattice.inclusion_exclusion.T, dtype=theta.dtype, device=theta.device)
    spread = torch.tensordot(matrix, shares, dims=1)  # (collection, neuron, sample)
    shared_cells = sum((cells.totals(a, mass) for a, mass in enumerate(spread)), start=torch.zeros_like(theta))

    return (own_cell - marginal + shared_cells / math.log(2)) / theta.shape[-1]
