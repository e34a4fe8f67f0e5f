"""The goal's gradient in tensor operations: the semantics, on any device and for any number of sources."""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.pid.masses import Cells, union_masses
from model.pid.objective import Objective

CACHED = 2**15
"""Neurons × samples a CPU computes at a time, so that arrays of every antichain's masses stay cached."""


@torch.no_grad()
def goal_gradient(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], objective: Objective
) -> Float[Tensor, "neuron sample"]:
    """`model.pid.goal_gradient` in plain tensor operations: any device, any float type, any number of sources."""
    size = max(1, CACHED // theta.shape[-1]) if theta.device.type == "cpu" else len(theta)
    parts = [slice(first, first + size) for first in range(0, len(theta), size)]
    return torch.cat([_gradient(bins[:, part], theta[part], objective.rows(part)) for part in parts])


def _gradient(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], objective: Objective
) -> Float[Tensor, "neuron sample"]:
    weights, matrix = objective.weights.T.unsqueeze(-1), objective.inclusion_exclusion  # (antichain, neuron, 1)
    silent = 1 - theta
    smallest = torch.finfo(theta.dtype).tiny ** 0.5
    cells = Cells.of(bins, objective.lattice)
    fired, unfired = (union_masses(cells, mass, matrix).clamp_(min=smallest) for mass in (theta, silent))

    own_cell = (weights * (fired / unfired).log2_()).sum(dim=0)

    # The mean of 1 − θ, not 1 − the mean of θ, which would lose the digits of a neuron that almost always fires.
    rate, silent_rate = (p.mean(dim=-1, keepdim=True).clamp_(min=smallest) for p in (theta, silent))
    marginal = (weights.sum(dim=0) + objective.residual[:, None]) * torch.log2(rate / silent_rate)

    shares = weights * (theta / fired - silent / unfired)
    spread = torch.tensordot(matrix.T, shares, dims=1)  # (collection, neuron, sample)
    shared_cells = sum((cells.totals(a, mass) for a, mass in enumerate(spread)), start=torch.zeros_like(theta))

    return (own_cell - marginal + shared_cells / math.log(2)) / theta.shape[-1]
