"""Firing and learning in tensor operations: the semantics, on any device and in any float type."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import one_hot

from model.activation import output_activation, trivariate_activation
from model.binning import adaptive_bins, fixed_bins
from model.goal import BIVARIATE, TRIVARIATE
from model.neurons.types import Activity, Gamma, Sources
from model.pid import goal_gradient
from model.randomness import Draw, uniform


@torch.no_grad()
def fire(sources: Sources, draw: Draw) -> Activity:
    """`model.neurons.fire` in tensor operations."""
    return _sampled(trivariate_activation(*sources), draw)


@torch.enable_grad()
def learn(sources: Sources, draw: Draw, gamma: Gamma) -> tuple[Activity, Sources]:
    """`model.neurons.learn` in tensor operations; the activation's derivative is autograd's."""
    leaves = [source.detach().requires_grad_() for source in sources]
    theta = trivariate_activation(*leaves)
    bins = torch.stack([fixed_bins(source) for source in leaves]).flatten(1, 2)
    gradient = goal_gradient(bins, theta.detach().flatten(0, 1), gamma, TRIVARIATE)
    by_feedforward, by_context, by_lateral = torch.autograd.grad(theta, leaves, -gradient.view_as(theta))
    return _sampled(theta.detach(), draw), (by_feedforward, by_context, by_lateral)


@torch.enable_grad()
def learn_output(drive: Activity, labels: Int64[Tensor, " sample"], gamma: Gamma) -> Activity:
    """`model.neurons.learn_output` in tensor operations."""
    leaf = drive.detach().requires_grad_()
    theta = output_activation(leaf)
    label = adaptive_bins(one_hot(labels, drive.shape[1]).T.to(drive.dtype)).expand(drive.shape)
    bins = torch.stack([adaptive_bins(leaf), label]).flatten(1, 2)
    gradient = goal_gradient(bins, theta.detach().flatten(0, 1), gamma, BIVARIATE)
    return torch.autograd.grad(theta, leaf, -gradient.view_as(theta))[0]


def _sampled(theta: Activity, draw: Draw) -> Float[Tensor, "member neuron sample"]:
    drawn = uniform(draw, theta.shape[1], theta.shape[2], theta)
    return torch.where(drawn < theta, 1.0, -1.0).to(theta.dtype)
