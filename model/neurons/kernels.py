"""The compiled backend's loops around the activation: outputs from probabilities, cells of the joint from sources.

Source: `model.neurons.torch_backend` and `model.binning`, which say the same in tensors. Types and shapes are numba's
to infer. Arrays are (row, sample); a row is a neuron, and a member's neurons stand together. Each computes the rows
from a first one to before a last one.
"""

from typing import no_type_check

import numpy as np

from model.binning import BINS, FIXED_LIMIT
from model.compilation import compiled
from model.neurons.kernel_arithmetic import ONE, bin_of, draw

_PER_WIDTH = np.float32(BINS / (2 * FIXED_LIMIT))
_HALF = np.float32(BINS // 2)


@compiled
@no_type_check
def sample(theta, keys, first_neuron, third, fourth, outputs, first, last):
    """Write outputs −1 or +1, drawn with the probabilities θ.

    Args:
        theta: (row, sample), float32.
        keys: (member, 2), int64.
        first_neuron: Number of a member's first neuron.
        third: The third word of the random numbers' counter, in an array of no dimension.
        fourth: The fourth, likewise.
        outputs: Where to write, (row, sample), float32.
        first: First row to compute.
        last: The one after the last to compute.
    """
    n_rows, n_samples = theta.shape
    n_neurons = n_rows // len(keys)
    numbers = np.empty(n_samples + 3, np.float32)
    for row in range(first, last):
        neuron = first_neuron + row % n_neurons
        draw(keys[row // n_neurons], neuron, third[()], fourth[()], n_samples, numbers)
        for s in range(n_samples):
            outputs[row, s] = ONE if numbers[s] < theta[row, s] else -ONE


@compiled
@no_type_check
def fixed_cells(feedforward, context, lateral, cells, first, last):
    """Write the cells of three sources with bins of fixed edges: bins as digits to base 20, the first one leading."""
    for row in range(first, last):
        for s in range(feedforward.shape[1]):
            f, c = bin_of(feedforward[row, s] * _PER_WIDTH), bin_of(context[row, s] * _PER_WIDTH)
            cells[row, s] = (f * BINS + c) * BINS + bin_of(lateral[row, s] * _PER_WIDTH)


@compiled
@no_type_check
def adaptive_cells(feedforward, other, cells, first, last):
    """Write the cells of two sources with bins between plus and minus each one's largest value."""
    for row in range(first, last):
        f_unit, x_unit = np.float32(0), np.float32(0)
        for s in range(feedforward.shape[1]):
            f_unit = max(f_unit, abs(feedforward[row, s]))
            x_unit = max(x_unit, abs(other[row, s]))
        f_unit, x_unit = f_unit if f_unit > 0 else ONE, x_unit if x_unit > 0 else ONE
        for s in range(feedforward.shape[1]):
            f, x = bin_of(feedforward[row, s] / f_unit * _HALF), bin_of(other[row, s] / x_unit * _HALF)
            cells[row, s] = f * BINS + x


@compiled
@no_type_check
def label_cells(drive, labels, n_labels, cells, first, last):
    """Write the cells of output neurons, `adaptive_cells` of drive and own element of the one-hot label."""
    for row in range(first, last):
        unit = np.float32(0)
        for s in range(drive.shape[1]):
            unit = max(unit, abs(drive[row, s]))
        unit = unit if unit > 0 else ONE
        own = row % n_labels
        for s in range(drive.shape[1]):
            known = np.int32(BINS - 1) if labels[s] == own else np.int32(BINS // 2 - 1)
            cells[row, s] = bin_of(drive[row, s] / unit * _HALF) * BINS + known
