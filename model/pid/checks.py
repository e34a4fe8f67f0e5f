"""Whether what is given belongs together: compiled loops do not look before they read and write."""

import torch
from torch import Tensor

from model.binning import BINS
from model.lattice import Lattice


def check_batch(bins: Tensor, theta: Tensor, lattice: Lattice) -> None:
    """Check a batch's bins and firing probabilities against each other and the lattice; a θ that is NaN may stay so.

    Raises:
        ValueError: If they do not fit, or are outside of where they may be.
    """
    if theta.dim() != 2 or theta.numel() == 0 or not theta.is_floating_point():
        raise ValueError(f"theta: expected floating numbers, (neuron, sample), one or more; got {_described(theta)}")
    expected = (len(lattice.sources), *theta.shape)
    if bins.shape != expected or bins.dtype != torch.int64:
        raise ValueError(
            f"bins: expected whole numbers (int64) of the lattice's sources {lattice.sources}, for each neuron and "
            f"sample of theta: {expected}; got {_described(bins)}"
        )
    check_bins(bins)
    if len(outside := theta[(theta < 0) | (theta > 1)]):
        raise ValueError(f"theta: expected probabilities in [0, 1]; got {float(outside[0])}")


def check_bins(bins: Tensor) -> None:
    """Check that there are such bins.

    Raises:
        ValueError: If there are not.
    """
    if bins.numel() and not 0 <= int(bins.min()) <= int(bins.max()) < BINS:
        raise ValueError(f"bins must lie in 0…{BINS - 1}; got {int(bins.min())}…{int(bins.max())}")


def check_goals(gamma: Tensor, theta: Tensor, lattice: Lattice) -> None:
    """Check that there is a goal for each neuron, of the lattice's terms.

    Raises:
        ValueError: If there is not.
    """
    expected = (len(theta), len(lattice.antichains) + 1)
    if gamma.shape != expected or gamma.dtype != theta.dtype:
        raise ValueError(
            f"gamma: expected a row for each neuron of theta, of a weight for each of the lattice's antichains and for "
            f"H_res: {expected}, {theta.dtype}; got {_described(gamma)}"
        )


def _described(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)}, {tensor.dtype}"
