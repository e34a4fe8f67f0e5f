"""Firing and learning compiled for the CPU, float32: a neuron after another, in threads that share the neurons."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from model.activation import BIVARIATE_MODULATING, LINEAR, MODULATING, Activation
from model.compilation import in_shares
from model.neurons import kernels, kernels_activation
from model.neurons.types import Activity, Sources
from model.pid import Objective
from model.pid.compiled_backend import rows_computer
from model.randomness import Draw

KERNELS = {
    MODULATING.name: (kernels_activation.modulating, kernels_activation.modulating_back, kernels.fixed_cells),
    LINEAR.name: (kernels_activation.linear, kernels_activation.linear_back, kernels.fixed_cells),
    BIVARIATE_MODULATING.name: (
        kernels_activation.bivariate,
        kernels_activation.bivariate_back,
        kernels.adaptive_cells,
    ),
}
"""For each activation: from sources to probabilities, back to derivatives by the sources, and the sources' cells."""


@torch.no_grad()
def fire(sources: Sources, draw: Draw, activation: Activation) -> Activity:
    """`model.neurons.fire` compiled."""
    rows, outputs = _rows(sources), _like(sources[0])
    theta = _like(rows[0])
    chance, _, _ = KERNELS[activation.name]
    _in_turn(len(theta), _computer(chance, *rows, theta), _sampler(theta, draw, outputs))
    return outputs


@torch.no_grad()
def learn(sources: Sources, draw: Draw, activation: Activation, objective: Objective) -> tuple[Activity, Sources]:
    """`model.neurons.learn` compiled."""
    rows, outputs, downhill = _rows(sources), _like(sources[0]), tuple(_like(source) for source in sources)
    theta, gradient, cells = _like(rows[0]), _like(rows[0]), _like(rows[0], torch.int32)
    chance, back, find_cells = KERNELS[activation.name]
    _in_turn(
        len(theta),
        _computer(chance, *rows, theta),
        _sampler(theta, draw, outputs),
        _computer(find_cells, *rows, cells),
        rows_computer(cells, theta, objective, gradient),
        _computer(back, *rows, theta, gradient, *[d.flatten(0, 1) for d in downhill]),
    )
    return outputs, downhill


@torch.no_grad()
def learn_output(drive: Activity, labels: Int64[Tensor, " sample"], objective: Objective) -> Activity:
    """`model.neurons.learn_output` compiled."""
    rows, downhill = drive.flatten(0, 1).contiguous(), _like(drive)
    theta, gradient, cells = _like(rows), _like(rows), _like(rows, torch.int32)
    _in_turn(
        len(theta),
        _computer(kernels_activation.output, rows, theta),
        _computer(kernels.label_cells, rows, labels, drive.shape[1], cells),
        rows_computer(cells, theta, objective, gradient),
        _computer(kernels_activation.output_back, rows, theta, gradient, downhill.flatten(0, 1)),
    )
    return downhill


@torch.no_grad()
def sample(theta: Activity, draw: Draw) -> Activity:
    """`model.neurons.sample` compiled."""
    rows, outputs = theta.detach().flatten(0, 1).contiguous(), _like(theta)
    _in_turn(len(rows), _sampler(rows, draw, outputs))
    return outputs


def _in_turn(n_rows: int, *computers: Callable[[int, int], object]) -> None:
    """Run one after the other on each share of the rows: what one leaves in the cache the next one reads."""

    def compute(first: int, last: int) -> None:
        for computer in computers:
            computer(first, last)

    in_shares(n_rows, compute)


def _sampler(theta: Tensor, draw: Draw, outputs: Activity) -> Callable[[int, int], Any]:
    return _computer(kernels.sample, theta, draw.keys, draw.first_neuron, *draw.words(), outputs.flatten(0, 1))


def _rows(sources: Sources) -> list[Tensor]:
    """Each source as one row a neuron, contiguous."""
    return [source.flatten(0, 1).contiguous() for source in sources]


def _like(tensor: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """Room for as many numbers, in rows one after another: flattened, it is still the same memory."""
    return torch.empty_like(tensor, dtype=dtype, memory_format=torch.contiguous_format)


def _computer(kernel: Callable[..., object], *arguments: Tensor | int) -> Callable[[int, int], Any]:
    """What runs a kernel on rows from a first one to before a last one."""
    return partial(kernel, *[a.numpy() if isinstance(a, Tensor) else a for a in arguments])
