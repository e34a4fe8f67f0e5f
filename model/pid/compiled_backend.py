"""Atoms and the goal's gradient compiled for the CPU: work for each distinct cell instead of each sample.

The bins of a batch's sources repeat: in a trained network 1024 samples share some dozens of cells. The gradient is the
same for all samples of a cell, so logarithms and quotients are taken once for each distinct cell, and samples are only
counted into their cell and read back from it. Atoms need nothing of single samples at all.
"""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import torch
from jaxtyping import Float, Int32, Int64
from numpy.typing import NDArray
from torch import Tensor

from model.binning import BINS
from model.compilation import in_shares
from model.lattice import Lattice
from model.pid.checks import check_bins
from model.pid.kernel import goal_gradient_kernel
from model.pid.kernel_atoms import informations_kernel
from model.pid.objective import Objective

MOST_SOURCES = 4
"""Loops keep room for every cell of the joint, 20 times as many with each source."""


def computes(theta: Float[Tensor, "neuron sample"], lattice: Lattice) -> bool:
    """Whether this backend is for such numbers: float32 on the CPU, and not too many sources."""
    return theta.dtype == torch.float32 and theta.device.type == "cpu" and len(lattice.sources) <= MOST_SOURCES


def goal_gradient(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], objective: Objective
) -> Float[Tensor, "neuron sample"]:
    """`model.pid.goal_gradient` for what this backend computes."""
    gradient = torch.empty_like(theta, memory_format=torch.contiguous_format)
    in_shares(len(theta), rows_computer(_joint(bins), theta.contiguous(), objective, gradient))
    return gradient


def rows_computer(
    cells: Int32[Tensor, "neuron sample"],
    theta: Float[Tensor, "neuron sample"],
    objective: Objective,
    gradient: Float[Tensor, "neuron sample"],
) -> Callable[[int, int], object]:
    """What writes the gradient of the neurons from a first one to before a last one.

    Args:
        cells: Cells of the joint of all sources: their bins as digits to base 20, the first source's leading.
        theta: Probability of firing, contiguous.
        objective: What the neurons maximise.
        gradient: Where to write, contiguous.
    """
    return partial(
        goal_gradient_kernel,
        cells.numpy(),
        theta.numpy(),
        objective.weights.numpy(),
        objective.residual.numpy(),
        *_collections(objective.lattice),
        gradient.numpy(),
    )


def atoms(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron term"]:
    """`model.pid.atoms` for what this backend computes."""
    return atoms_of_cells(_joint(bins), theta, lattice)


def atoms_of_cells(
    cells: Int32[Tensor, "neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron term"]:
    """`atoms` of cells of the joint, as `rows_computer` takes them; whether there are such cells is not tried."""
    return _informations(cells, theta, lattice, _terms(lattice))


def redundancies(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], lattice: Lattice
) -> Float[Tensor, "neuron antichain"]:
    """`model.pid.redundancies` for what this backend computes."""
    return _informations(_joint(bins), theta, lattice, np.eye(len(lattice.antichains), len(lattice.antichains) + 1))


def _informations(
    cells: Int32[Tensor, "neuron sample"],
    theta: Float[Tensor, "neuron sample"],
    lattice: Lattice,
    sums: NDArray[np.float64],
) -> Float[Tensor, "neuron written"]:
    """Sums over every I∩(α; Y), then H(Y), with weights (written, antichain + 1)."""
    found = theta.new_empty(len(theta), len(sums))
    arrays = (tensor.contiguous().numpy() for tensor in (cells, theta))
    in_shares(len(theta), partial(informations_kernel, *arrays, *_collections(lattice), sums, found.numpy()))
    return found


def _joint(bins: Int64[Tensor, "source neuron sample"]) -> Int32[Tensor, "neuron sample"]:
    """Cells of the joint of all sources.

    Raises:
        ValueError: If there are no such bins.
    """
    check_bins(bins)  # loops do not look before they write
    cells = torch.zeros(bins.shape[1:], dtype=torch.int32)
    for source in bins:
        cells = cells * BINS + source.to(torch.int32)
    return cells


@cache
def _collections(lattice: Lattice) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Inclusion–exclusion, (antichain, collection), and each source's stride in each collection's cells."""
    strides = np.zeros((len(lattice.collections), len(lattice.sources)), dtype=np.int32)
    for row, collection in enumerate(lattice.collections):
        members = [position for position, source in enumerate(lattice.sources) if source in collection]
        for rank, position in enumerate(reversed(members)):
            strides[row, position] = BINS**rank
    return lattice.inclusion_exclusion.astype(np.float32), strides


@cache
def _terms(lattice: Lattice) -> NDArray[np.float64]:
    """The weights of every I∩(α; Y), then of H(Y), in each term: (term, antichain + 1)."""
    residual = np.zeros(len(lattice.antichains) + 1)
    residual[lattice.top], residual[-1] = -1, 1
    return np.vstack([np.pad(lattice.moebius, ((0, 0), (0, 1))), residual])
