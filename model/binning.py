"""Bins: each source of a neuron as one of 20 symbols. Bins are constants to the gradient.

Intervals are open at their left edge: the bin of x is ceil((x − low) / width) − 1, clamped into the end bins.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

BINS = 20
FIXED_LIMIT = 20.0
"""Fixed binning covers [−20, 20]; values outside fall into the end bins."""


@torch.no_grad()
def fixed_bins(values: Float[Tensor, "*neuron sample"]) -> Int64[Tensor, "*neuron sample"]:
    """Bins of equal width over [−20, 20], as hidden trivariate neurons use them."""
    return _bins(values / (2 * FIXED_LIMIT / BINS))


@torch.no_grad()
def adaptive_bins(values: Float[Tensor, "*neuron sample"]) -> Int64[Tensor, "*neuron sample"]:
    """Bins of equal width over plus and minus each neuron's largest absolute value in the batch."""
    largest = values.abs().amax(dim=-1, keepdim=True)
    return _bins(values / torch.where(largest > 0, largest, 1.0) * (BINS // 2))


@torch.no_grad()
def output_bins(
    drive: Float[Tensor, "member label sample"], labels: Int64[Tensor, " sample"]
) -> tuple[Int64[Tensor, "member label sample"], Int64[Tensor, "member label sample"]]:
    """Bins of the two sources of output neurons: their drive, and their own element of the one-hot label."""
    own = torch.arange(drive.shape[1], device=drive.device)[:, None] == labels
    return adaptive_bins(drive), adaptive_bins(own.to(drive.dtype)).expand(drive.shape)


def _bins(widths: Float[Tensor, "*neuron sample"]) -> Int64[Tensor, "*neuron sample"]:
    # Rounded up before the shift: a value just above an edge would be rounded onto it by the shift.
    # Clamped before the conversion for infinities, after it for NaN, whose integer value is arbitrary.
    index = torch.ceil(widths.clamp(-BINS, BINS)) + (BINS // 2 - 1)
    return index.to(torch.int64).clamp(0, BINS - 1)
