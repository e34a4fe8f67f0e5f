"""The goal of trivariate neurons as the papers write it: the dense joint of 20×20×20×2 cells, differentiated by torch.

For comparison only: written as plainly as possible, and slow.
"""

import torch
from torch import Tensor

from model.binning import BINS, fixed_bins
from model.goal import TRIVARIATE

FULL = TRIVARIATE.antichains.index(frozenset({frozenset("FCL")}))


def goals(sources: list[Tensor], theta: Tensor, gamma: Tensor) -> Tensor:
    """G of each neuron in bits, (neuron,).

    Args:
        sources: Feedforward, context and lateral input, each (neuron, sample).
        theta: Firing probabilities, (neuron, sample).
        gamma: Goals, (neuron, 19).
    """
    f, c, l = [fixed_bins(source) for source in sources]
    cell = (f * BINS + c) * BINS + l
    empty = torch.zeros(len(theta), BINS**3)
    n_samples = theta.shape[1]
    joint = torch.stack([empty.scatter_add(1, cell, p) for p in (1 - theta, theta)], dim=1) / n_samples
    joint = joint.view(-1, 2, BINS, BINS, BINS)
    output = joint.sum(dim=(2, 3, 4), keepdim=True)
    marginals = [
        joint.sum(dim=[axis for axis, source in enumerate("FCL", start=2) if source not in collection], keepdim=True)
        if len(collection) < 3
        else joint
        for collection in TRIVARIATE.collections
    ]
    redundancies = []
    for row in TRIVARIATE.inclusion_exclusion.tolist():
        union = sum(sign * marginal for sign, marginal in zip(row, marginals, strict=True) if sign)
        ratio = union / (union.sum(dim=1, keepdim=True) * output)
        redundancies.append((joint * torch.where(joint > 0, ratio, 1.0).log2()).sum(dim=(1, 2, 3, 4)))
    redundancy = torch.stack(redundancies, dim=1)
    atoms = redundancy @ torch.as_tensor(TRIVARIATE.moebius.T, dtype=theta.dtype)
    p = output.flatten(1)
    residual = -(p * p.log2()).sum(dim=1) - redundancy[:, FULL]
    return (gamma * torch.cat([atoms, residual[:, None]], dim=1)).sum(dim=1)
