"""What a goal weighs the redundancies with, so that no atom is needed while learning."""

import torch
from jaxtyping import Float
from torch import Tensor

from model.lattice import Lattice


def redundancy_weights(gamma: Float[Tensor, "neuron term"], lattice: Lattice) -> Float[Tensor, "neuron antichain"]:
    """Weights w on the redundancies I∩ that make Σ_α w_α I∩(α) + γ_res H(Y) equal to γ·terms."""
    moebius = torch.as_tensor(lattice.moebius, dtype=gamma.dtype, device=gamma.device)
    weights = gamma[:, :-1] @ moebius
    full = lattice.antichains.index(frozenset({frozenset(lattice.sources)}))
    weights[:, full] -= gamma[:, -1]
    return weights
