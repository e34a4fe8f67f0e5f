"""The compiled backend's loops over a neuron's connections.

Source: `model.laterals.torch_backend`, which says the same in tensors. Types and shapes are numba's to infer. Rows are
neurons of the whole population, in the order (member, neuron).
"""

from typing import no_type_check

import numpy as np

from model.compilation import RELAXED, compiled

BLOCK = 1024
"""Samples at a time: sums of so many stay in the first cache while eight bits of every source pass by."""


@compiled
@no_type_check
def weighted_sums(sources, weight, bias, outputs, heard, first, last):
    """Write bias + Σ weight × source's output for rows from a first one to before a last one.

    Args:
        sources: (member, neuron, connection), int64.
        weight: (member, neuron, connection), float32.
        bias: (member, neuron, 1), float32.
        outputs: −1 or +1, (member, neuron, sample), int8.
        heard: Where to write, (member, neuron, sample), float32.
        first: First row to compute.
        last: The one after the last to compute.
    """
    _, n_neurons, n_connections = sources.shape
    n_samples = outputs.shape[2]
    in_fours = n_connections - n_connections % 4
    for start in range(0, n_samples, BLOCK):
        stop = min(start + BLOCK, n_samples)
        for row in range(first, last):
            member, neuron = row // n_neurons, row % n_neurons
            said, whom, w = outputs[member], sources[member, neuron], weight[member, neuron]
            sums = heard[member, neuron][start:stop]
            sums[:] = bias[member, neuron, 0]
            for k in range(0, in_fours, 4):  # each pass reads and writes all sums
                w0, w1, w2, w3 = w[k], w[k + 1], w[k + 2], w[k + 3]
                y0, y1 = said[whom[k]][start:stop], said[whom[k + 1]][start:stop]
                y2, y3 = said[whom[k + 2]][start:stop], said[whom[k + 3]][start:stop]
                for s in range(stop - start):
                    first_two = w0 * np.float32(y0[s]) + w1 * np.float32(y1[s])
                    sums[s] += first_two + w2 * np.float32(y2[s]) + w3 * np.float32(y3[s])
            for k in range(in_fours, n_connections):
                w0, y0 = w[k], said[whom[k]][start:stop]
                for s in range(stop - start):
                    sums[s] += w0 * np.float32(y0[s])


@compiled(relaxed=RELAXED | {"reassoc"})
@no_type_check
def correlations(sources, downhill, outputs, gradient, first, last):
    """Write Σ over samples of downhill × source's output, (member, neuron, connection), for each connection of rows.

    Plain sums of products, which matrix products add up in any order too. Arguments are those of `weighted_sums`.
    """
    _, n_neurons, n_connections = sources.shape
    n_samples = downhill.shape[2]
    for row in range(first, last):
        member, neuron = row // n_neurons, row % n_neurons
        down, whom = downhill[member, neuron], sources[member, neuron]
        for k in range(n_connections):
            y, total = outputs[member, whom[k]], np.float32(0)
            for s in range(n_samples):
                total += down[s] * np.float32(y[s])
            gradient[member, neuron, k] = total
