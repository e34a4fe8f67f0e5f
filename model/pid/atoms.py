"""The terms themselves, for notebooks and tests; training needs only their gradient."""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.lattice import Lattice
from model.pid.masses import Cells, union_masses


@torch.no_grad()
def atoms(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron term"]:
    """Every atom Π(α) in the lattice's order, then the residual entropy, in bits.

    p(s, y) is the plug-in estimate with the firing probabilities θ, not sampled outputs, as weights. Atoms may be
    negative.
    """
    redundancy = redundancies(bins, theta, lattice)
    moebius = torch.as_tensor(lattice.moebius, dtype=theta.dtype, device=theta.device)
    full = lattice.antichains.index(frozenset({frozenset(lattice.sources)}))
    residual = output_entropy(theta) - redundancy[:, full]
    return torch.cat([redundancy @ moebius.T, residual.unsqueeze(-1)], dim=-1)


@torch.no_grad()
def redundancies(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron antichain"]:
    """I∩(α; Y) by shared exclusions, in bits.

    I∩(α; Y) = Σ_{s,y} p(s,y) log2 [ P(y, ∪_a {S_a = s_a}) / ( P(∪_a {S_a = s_a}) · p(y) ) ]

    Source: Makkeh, Gutknecht & Wibral, Phys. Rev. E 103, 032149 (2021), eq. 8.
    """
    cells, matrix = Cells.of(bins, lattice), torch.as_tensor(lattice.inclusion_exclusion).to(theta)
    occupied = union_masses(cells, torch.ones_like(theta), matrix)
    total = occupied.new_zeros(occupied.shape[:-1])
    smallest = torch.finfo(theta.dtype).tiny ** 0.5
    for probability in (theta, 1 - theta):
        joint = union_masses(cells, probability, matrix)
        rate = probability.mean(dim=-1, keepdim=True)
        # An output that (almost) never occurs at a sample adds nothing, whatever its logarithm.
        ratio = torch.where(probability > smallest, joint / (occupied * rate), 1.0)
        total += (probability * ratio.log()).sum(dim=-1)
    return total.T / (theta.shape[-1] * math.log(2))


@torch.no_grad()
def output_entropy(theta: Float[Tensor, "neuron sample"]) -> Float[Tensor, " neuron"]:
    """H(Y) of each neuron over the batch, in bits."""
    rate, silent_rate = theta.mean(dim=-1), (1 - theta).mean(dim=-1)
    return -(torch.xlogy(rate, rate) + torch.xlogy(silent_rate, silent_rate)) / math.log(2)
