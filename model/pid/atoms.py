"""The terms themselves, for what is reported; training needs only their gradient."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.lattice import Lattice
from model.pid import compiled_backend, torch_backend
from model.pid.checks import check_batch


@torch.no_grad()
def atoms(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron term"]:
    """Every atom Π(α) in the lattice's order, then the residual entropy, in bits.

    p(s, y) is the plug-in estimate with the firing probabilities θ, not sampled outputs, as weights. Atoms may be
    negative. Terms have a limit where θ is 0 or 1, and take it.

    The compiled backend computes what it can, in float64 within: float32 on the CPU, up to four sources. The torch
    backend computes the rest in the type of θ.

    Args:
        bins: Each source's bin, in the order of the lattice's sources.
        theta: Probability θ of firing (output +1), in [0, 1].
        lattice: The lattice of the sources.

    Raises:
        ValueError: If these do not fit each other.
    """
    check_batch(bins, theta, lattice)
    backend = compiled_backend.atoms if compiled_backend.computes(theta, lattice) else torch_backend.atoms
    return backend(bins, theta, lattice)


@torch.no_grad()
def redundancies(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron antichain"]:
    """I∩(α; Y) by shared exclusions, in bits; arguments as of `atoms`.

    I∩(α; Y) = Σ_{s,y} p(s,y) log2 [ P(y, ∪_a {S_a = s_a}) / ( P(∪_a {S_a = s_a}) · p(y) ) ]

    Raises:
        ValueError: If these do not fit each other.

    Source: Makkeh, Gutknecht & Wibral, Phys. Rev. E 103, 032149 (2021), eq. 8.
    """
    check_batch(bins, theta, lattice)
    backend = compiled_backend.redundancies if compiled_backend.computes(theta, lattice) else torch_backend.redundancies
    return backend(bins, theta, lattice)
