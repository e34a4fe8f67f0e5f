"""The goal's gradient compiled for the CPU: work for each distinct cell instead of each sample.

The bins of a batch's sources repeat: in a trained network 1024 samples share some dozens of cells. The gradient is the
same for all samples of a cell, so logarithms and quotients are taken once for each distinct cell, and samples are only
counted into their cell and read back from it.
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
from model.pid.kernel import goal_gradient_kernel
from model.pid.objective import Objective


def goal_gradient(
    bins: Int64[Tensor, "source neuron sample"], theta: Float[Tensor, "neuron sample"], objective: Objective
) -> Float[Tensor, "neuron sample"]:
    """`model.pid.goal_gradient` for float32 on the CPU and two or three sources."""
    if bins.numel() and not 0 <= int(bins.min()) <= int(bins.max()) < BINS:  # loops do not look before they write
        raise ValueError(f"bins must lie in 0…{BINS - 1}; got {int(bins.min())}…{int(bins.max())}")
    cells = torch.zeros_like(bins[0], dtype=torch.int32)
    for source in bins:
        cells = cells * BINS + source.to(torch.int32)
    gradient = torch.empty_like(theta, memory_format=torch.contiguous_format)
    in_shares(len(theta), rows_computer(cells, theta.contiguous(), objective, gradient))
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


@cache
def _collections(lattice: Lattice) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Inclusion–exclusion, (antichain, collection), and each source's stride in each collection's cells."""
    strides = np.zeros((len(lattice.collections), len(lattice.sources)), dtype=np.int32)
    for row, collection in enumerate(lattice.collections):
        members = [position for position, source in enumerate(lattice.sources) if source in collection]
        for rank, position in enumerate(reversed(members)):
            strides[row, position] = BINS**rank
    return lattice.inclusion_exclusion.astype(np.float32), strides
