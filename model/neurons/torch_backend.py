"""Firing and learning in tensor operations: the semantics, on any device and in any float type."""

import torch
from jaxtyping import Int64
from torch import Tensor

from model.activation import output_activation, output_slope, trivariate_activation, trivariate_slopes
from model.binning import adaptive_bins, fixed_bins
from model.neurons.types import Activity, Sources
from model.pid import Objective
from model.pid.torch_backend import goal_gradient
from model.randomness import Draw, uniform


@torch.no_grad()
def fire(sources: Sources, draw: Draw) -> Activity:
    """`model.neurons.fire` in tensor operations."""
    return _sampled(trivariate_activation(*sources), draw)


@torch.no_grad()
def learn(sources: Sources, draw: Draw, objective: Objective) -> tuple[Activity, Sources]:
    """`model.neurons.learn` in tensor operations."""
    theta = trivariate_activation(*sources)
    bins = torch.stack([fixed_bins(source) for source in sources]).flatten(1, 2)
    uphill = goal_gradient(bins, theta.flatten(0, 1), objective).view_as(theta)
    by_feedforward, by_context, by_lateral = (-uphill * slope for slope in trivariate_slopes(theta, *sources))
    return _sampled(theta, draw), (by_feedforward, by_context, by_lateral)


@torch.no_grad()
def learn_output(drive: Activity, labels: Int64[Tensor, " sample"], objective: Objective) -> Activity:
    """`model.neurons.learn_output` in tensor operations."""
    theta = output_activation(drive)
    own = torch.arange(drive.shape[1], device=drive.device)[:, None] == labels
    label = adaptive_bins(own.to(drive.dtype)).expand(drive.shape)
    bins = torch.stack([adaptive_bins(drive), label]).flatten(1, 2)
    uphill = goal_gradient(bins, theta.flatten(0, 1), objective).view_as(theta)
    return -uphill * output_slope(theta)


def _sampled(theta: Activity, draw: Draw) -> Activity:
    drawn = uniform(draw, theta.shape[1], theta.shape[2], theta)
    return torch.where(drawn < theta, 1.0, -1.0).to(theta.dtype)
