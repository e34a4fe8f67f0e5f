"""Terms and the goal's gradient in tensor operations: the semantics, on any device and for any number of sources."""

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.lattice import Lattice
from model.pid.masses import Cells, union_masses
from model.pid.objective import Objective

AT_A_TIME = {"cpu": 2**19}
"""Antichains × neurons × samples that are computed at a time: on a CPU, so that they stay cached."""
MOST = 2**28
"""As many elsewhere: arrays of a gigabyte in float32."""


@torch.no_grad()
def goal_gradient(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], objective: Objective
) -> Float[Tensor, "neuron sample"]:
    """`model.pid.goal_gradient` in plain tensor operations: any device, any float type, any number of sources."""
    gradient = torch.empty_like(theta)
    for part in _parts(theta, objective.lattice):
        gradient[part] = _gradient(bins[:, part], theta[part], objective.rows(part))
    return gradient


@torch.no_grad()
def atoms(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron term"]:
    """`model.pid.atoms` in plain tensor operations."""
    redundancy = redundancies(bins, theta, lattice)
    moebius = torch.as_tensor(lattice.moebius).to(theta)
    rate, silent_rate = theta.mean(dim=-1), (1 - theta).mean(dim=-1)
    entropy = -(torch.xlogy(rate, rate) + torch.xlogy(silent_rate, silent_rate)) / math.log(2)
    residual = entropy - redundancy[:, lattice.top]
    return torch.cat([redundancy @ moebius.T, residual.unsqueeze(-1)], dim=-1)


@torch.no_grad()
def redundancies(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron antichain"]:
    """`model.pid.redundancies` in plain tensor operations."""
    matrix = torch.as_tensor(lattice.inclusion_exclusion).to(theta)
    found = theta.new_empty(len(theta), len(matrix))
    for part in _parts(theta, lattice):
        found[part] = _redundancies(Cells.of(bins[:, part], lattice), theta[part], matrix)
    return found


def _parts(theta: Float[Tensor, "neuron sample"], lattice: Lattice) -> Iterator[slice]:
    """Neurons that are computed at a time."""
    numbers = AT_A_TIME.get(theta.device.type, MOST)
    size = max(1, numbers // (len(lattice.antichains) * theta.shape[-1]))
    return (slice(first, first + size) for first in range(0, len(theta), size))


def _redundancies(
    cells: Cells, theta: Float[Tensor, "neuron sample"], matrix: Float[Tensor, "antichain collection"]
) -> Float[Tensor, "neuron antichain"]:
    smallest = torch.finfo(theta.dtype).tiny ** 0.5
    occupied = union_masses(cells, torch.ones_like(theta), matrix)
    total = occupied.new_zeros(occupied.shape[:-1])
    for probability in (theta, 1 - theta):
        joint = union_masses(cells, probability, matrix)
        rate = probability.mean(dim=-1, keepdim=True)
        # An output that (almost) never occurs at a sample adds nothing, whatever its logarithm.
        ratio = torch.where(probability > smallest, joint / (occupied * rate), 1.0)
        total += (probability * ratio.log()).sum(dim=-1)
    return total.T / (theta.shape[-1] * math.log(2))


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
