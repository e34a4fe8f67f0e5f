"""What a goal weighs the redundancies with, so that no atom is needed while learning."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.lattice import Lattice


@dataclass(frozen=True)
class Objective:
    """What neurons maximise, Σ_α w_α I∩(α) + γ_res H(Y) in bits; made once for all batches, on the device that learns.

    Attributes:
        lattice: The lattice of the neurons' sources.
        weights: w, of each neuron on each redundancy.
        residual: γ_res of each neuron.
        inclusion_exclusion: The lattice's matrix A.
    """

    lattice: Lattice
    weights: Float[Tensor, "neuron antichain"]
    residual: Float[Tensor, " neuron"]
    inclusion_exclusion: Float[Tensor, "antichain collection"]

    @classmethod
    def of(cls, gamma: Float[Tensor, "neuron term"], lattice: Lattice) -> "Objective":
        """The objective that equals γ·terms: w = Mᵀγ with the Möbius matrix M, the full collection's less γ_res.

        Args:
            gamma: Goal vectors, one row a neuron, atoms in the lattice's order, then γ_res.
            lattice: The lattice of the sources.
        """
        moebius, matrix = (torch.as_tensor(m).to(gamma) for m in (lattice.moebius, lattice.inclusion_exclusion))
        weights, residual = gamma[:, :-1] @ moebius, gamma[:, -1].clone()
        weights[:, lattice.top] -= residual
        return cls(lattice, weights, residual, matrix)

    def keep(self, members: Int64[Tensor, " kept"], n_members: int) -> "Objective":
        """The objective of some members' neurons, where the neurons of each of so many members stand together."""
        rows = torch.arange(len(self.weights), device=members.device).view(n_members, -1)
        return self.rows(rows[members].flatten())

    def rows(self, neurons: slice | Int64[Tensor, " row"]) -> "Objective":
        """The objective of some of the neurons."""
        return replace(self, weights=self.weights[neurons], residual=self.residual[neurons])
