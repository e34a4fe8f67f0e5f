"""The closed-form gradient of a neuron's goal with respect to its firing probabilities.

Source: the derivative of G = γ·terms with I∩ of Makkeh, Gutknecht & Wibral, Phys. Rev. E 103, 032149 (2021); see
docs/science.md for the derivation. What neurons do calls the backends themselves; this is for notebooks and tests.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.lattice import Lattice
from model.pid import compiled_backend, torch_backend
from model.pid.checks import check_batch, check_goals
from model.pid.objective import Objective


@torch.no_grad()
def goal_gradient(
    bins: Int64[Tensor, "source neuron sample"],
    theta: Float[Tensor, "neuron sample"],
    gamma: Float[Tensor, "neuron term"],
    lattice: Lattice,
) -> Float[Tensor, "neuron sample"]:
    """∂G/∂θ in bits: how each neuron's goal changes with its firing probability at each sample.

    With weights w = Mᵀγ on the redundancies (M the Möbius matrix, the full collection's reduced by γ_res), and u the
    mass of an antichain's union of events at sample b:

    ∂G/∂θ_b = (1/B) [ Σ_α w_α log2(u_α1/u_α0) − (Σ_α w_α + γ_res) log2(p(1)/p(0)) + (1/ln 2) Σ_a R_a(cell_a(b)) ]

    where R_a sums Σ_α w_α A[α,a] (θ/u_α1 − (1−θ)/u_α0) over the samples in the cell.

    The compiled backend computes what it can (float32 on the CPU, up to four sources), the torch backend the rest;
    for many batches of the same neurons, make their `Objective` once and call the backend, which does not look whether
    shapes fit.

    Args:
        bins: Each source's bin, in the order of the lattice's sources.
        theta: Probability θ of firing (output +1), in [0, 1].
        gamma: Goal vectors, one row a neuron, atoms in the lattice's order, then γ_res.
        lattice: The lattice of the sources.

    Returns:
        The gradient; finite also where θ is 0 or 1, where the limit of the gradient may not be.

    Raises:
        ValueError: If these do not fit each other.
    """
    check_batch(bins, theta, lattice)
    check_goals(gamma, theta, lattice)
    compiled = compiled_backend.computes(theta, lattice)
    backend = compiled_backend.goal_gradient if compiled else torch_backend.goal_gradient
    return backend(bins, theta, Objective.of(gamma, lattice))
