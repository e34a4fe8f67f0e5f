"""A training step as the papers write it: every cell of the joint, differentiated by torch.

For comparison only: written as plainly as possible, line by line after the equations, and slow.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from model.activation import MODULATING, output_activation
from model.binning import BINS, adaptive_bins, fixed_bins
from model.goal import BIVARIATE, TRIVARIATE, Goal
from model.lattice import Lattice


def goals(bins: list[Tensor], theta: Tensor, gamma: Tensor, lattice: Lattice) -> Tensor:
    """G of each neuron in bits, (neuron,).

    Args:
        bins: Of each source, (neuron, sample).
        theta: Firing probabilities, (neuron, sample).
        gamma: Goal, (term,).
        lattice: Of the sources.
    """
    joint = joint_of(bins, theta)  # (neuron, output, F, C, L)
    axes = dict(zip(lattice.sources, range(2, 2 + len(bins)), strict=True))
    others = [[axis for source, axis in axes.items() if source not in collection] for collection in lattice.collections]
    marginals = torch.stack([joint.sum(dim=a, keepdim=True).expand_as(joint) if a else joint for a in others])
    matrix = torch.as_tensor(lattice.inclusion_exclusion, dtype=theta.dtype)
    unions = torch.tensordot(matrix, marginals, dims=1)  # (antichain, neuron, output, F, C, L)
    output = joint.sum(dim=tuple(axes.values()), keepdim=True)
    # Cells without mass add nothing; their ratio, 0/0, must not reach the gradient either.
    above = torch.where(joint > 0, unions, 1.0)
    below = torch.where(joint > 0, unions.sum(dim=2, keepdim=True) * output, 1.0)
    local = (above / below).log2()
    redundancies = (joint * local).flatten(2).sum(dim=2)
    atoms = torch.as_tensor(lattice.moebius, dtype=theta.dtype) @ redundancies
    p = output.flatten(1)
    full = lattice.antichains.index(frozenset({frozenset(lattice.sources)}))
    residual = -(p * p.log2()).sum(dim=1) - redundancies[full]
    return gamma @ torch.cat([atoms, residual[None]])


def joint_of(bins: list[Tensor], theta: Tensor) -> Tensor:
    """p(y, s), with the firing probabilities as weights."""
    neurons, samples = theta.shape
    cell = torch.zeros_like(bins[0])
    for source in bins:
        cell = cell * BINS + source
    empty = torch.zeros(neurons, BINS ** len(bins))
    joint = torch.stack([empty.scatter_add(1, cell, p) for p in (1 - theta, theta)], dim=1) / samples
    return joint.view(neurons, 2, *[BINS] * len(bins))


def training_step(images: Tensor, labels: Tensor, neurons: int, hidden_goal: Goal) -> Callable[[int], None]:
    """One step of setup 1 in plain torch: both presentations, both layers, Adam; without what costs nothing (decay)."""
    n_labels = int(labels.max()) + 1
    feedforward, context = nn.Linear(images.shape[1], neurons), nn.Linear(n_labels, neurons)
    lateral, readout = nn.Linear(neurons, neurons), nn.Linear(neurons, n_labels)
    hidden = [p for layer in (feedforward, context, lateral) for p in layer.parameters()]
    optimiser = torch.optim.Adam([{"params": hidden, "lr": 0.002}, {"params": readout.parameters(), "lr": 0.003}])
    gamma, output_gamma = torch.tensor(hidden_goal.gamma), torch.tensor([-0.2, 0.1, 1.0, 0.1, 0.0])
    labels_shown = one_hot(labels, n_labels).float()

    def step(_: int) -> None:
        r, c = feedforward(images).T, context(labels_shown).T
        first = 2 * torch.bernoulli(MODULATING.theta(r, c, lateral.bias[:, None].expand_as(r))) - 1
        l = lateral(first.detach().T).T
        theta = MODULATING.theta(r, c, l)
        outputs = 2 * torch.bernoulli(theta.detach()) - 1
        drive = readout(outputs.T).T
        output_theta = output_activation(drive)
        hidden_goals = goals([fixed_bins(s) for s in (r, c, l)], theta, gamma, TRIVARIATE)
        output_bins = [adaptive_bins(drive), adaptive_bins(labels_shown.T)]
        output_goals = goals(output_bins, output_theta, output_gamma, BIVARIATE)
        optimiser.zero_grad()
        (-hidden_goals.sum() - output_goals.sum()).backward()
        optimiser.step()

    return step
