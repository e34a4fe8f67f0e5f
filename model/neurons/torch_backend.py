"""Firing and learning in tensor operations: the semantics, on any device and in any float type."""

import torch
from jaxtyping import Int64
from torch import Tensor

from model.activation import Activation, output_activation, output_slope
from model.binning import output_bins
from model.neurons.types import Activity, Sources
from model.pid import Objective
from model.pid.torch_backend import goal_gradient
from model.randomness import Draw, uniform


@torch.no_grad()
def fire(sources: Sources, draw: Draw, activation: Activation) -> Activity:
    """`model.neurons.fire` in tensor operations."""
    return sample(activation.theta(*sources), draw)


@torch.no_grad()
def learn(sources: Sources, draw: Draw, activation: Activation, objective: Objective) -> tuple[Activity, Sources]:
    """`model.neurons.learn` in tensor operations."""
    theta = activation.theta(*sources)
    bins = torch.stack([activation.bins(source) for source in sources]).flatten(1, 2)
    uphill = goal_gradient(bins, theta.flatten(0, 1), objective).view_as(theta)
    return sample(theta, draw), tuple(-uphill * slope for slope in activation.slopes(theta, *sources))


@torch.no_grad()
def learn_output(drive: Activity, labels: Int64[Tensor, " sample"], objective: Objective) -> Activity:
    """`model.neurons.learn_output` in tensor operations."""
    theta = output_activation(drive)
    bins = torch.stack(output_bins(drive, labels)).flatten(1, 2)
    uphill = goal_gradient(bins, theta.flatten(0, 1), objective).view_as(theta)
    return -uphill * output_slope(theta)


@torch.no_grad()
def sample(theta: Activity, draw: Draw) -> Activity:
    """`model.neurons.sample` in tensor operations."""
    drawn = uniform(draw, theta.shape[1], theta.shape[2], theta)
    return torch.where(drawn < theta, 1.0, -1.0).to(theta.dtype)
