"""The loops of the compiled backend that find the goal's gradient.

Source: docs/science.md, "The sparse form, and its gradient". Types and shapes are numba's to infer.
"""

import math
from typing import no_type_check

import numba
import numpy as np

from model.binning import BINS
from model.compilation import compiled
from model.pid.kernel_cells import count_into_cells, find_smaller_cells, spread_masses

SMALLEST = np.float32(np.finfo(np.float32).tiny ** 0.5)
"""Least mass of a cell: keeps the gradient finite where an output never occurs."""


@numba.njit(inline="always")
@no_type_check
def _log2(x: np.float32) -> np.float32:
    """log2 of a positive normal number to 2e-7, in arithmetic that the compiler vectorises.

    x = 2^e m with m in [√½, √2), and log2(m) = (2/ln 2) artanh(t) with t = (m − 1)/(m + 1), |t| < 0.172.
    """
    bits = np.float32(x).view(np.int32)
    exponent = np.float32((bits - np.int32(0x3F3504F3)) >> 23)
    mantissa = np.int32(bits - (np.int32(exponent) << 23)).view(np.float32)
    t = (mantissa - np.float32(1)) / (mantissa + np.float32(1))
    square = t * t
    series = np.float32(2 / (7 * math.log(2))) + square * np.float32(2 / (9 * math.log(2)))
    series = np.float32(2 / (5 * math.log(2))) + square * series
    series = np.float32(2 / (3 * math.log(2))) + square * series
    series = np.float32(2 / math.log(2)) + square * series
    return exponent + t * series


@compiled
@no_type_check
def goal_gradient_kernel(cells, theta, weights, residual, matrix, strides, gradient, first, last):
    """Write ∂G/∂θ into `gradient`, (neuron, sample).

    Args:
        cells: Of the joint of all sources, (neuron, sample), int32: the bins as digits to base 20, the first source's
            leading.
        theta: (neuron, sample), float32.
        weights: On the redundancies, (neuron, antichain), float32.
        residual: γ_res of each neuron, float32.
        matrix: Inclusion–exclusion, (antichain, collection), float32; the collection of all sources is the last.
        strides: Of each source in each collection's cells, (collection, source).
        gradient: Where to write, float32.
        first: First neuron to compute.
        last: The one after the last to compute.
    """
    n_samples = cells.shape[1]
    n_antichains, n_collections = matrix.shape
    n_sources = strides.shape[1]
    full = n_collections - 1
    one, zero = np.float32(1), np.float32(0)
    cell_of = np.full(BINS**n_sources, -1, np.int32)
    key = np.empty(n_samples, np.uint32)
    cell = np.empty(n_samples, np.int32)
    index = np.empty((full, n_samples), np.uint32)
    fired, unfired = np.empty((2, n_collections, n_samples), np.float32)
    histogram = np.empty((BINS ** (n_sources - 1), 2), np.float32)
    union_fired, union_unfired, share, own = np.empty((4, n_samples), np.float32)
    spread = np.empty((n_collections, n_samples), np.float32)
    for neuron in range(first, last):
        n_cells = count_into_cells(cells[neuron], theta[neuron], one, cell_of, key, cell, fired[full], unfired[full])
        find_smaller_cells(n_cells, key, strides, index)
        spread_masses(n_cells, index, histogram, fired, unfired)
        rate, silent_rate = zero, zero
        for c in range(n_cells):
            rate += fired[full, c]
            silent_rate += unfired[full, c]
            own[c] = zero

        # Every antichain's part: its own logarithm, and what it gives to the cells of its collections.
        spread[:, :n_cells] = zero
        odds = max(silent_rate, SMALLEST) / max(rate, SMALLEST)
        for antichain in range(n_antichains):
            weight = weights[neuron, antichain]
            union_fired[:n_cells] = zero
            union_unfired[:n_cells] = zero
            for collection in range(n_collections):
                sign = matrix[antichain, collection]
                if sign != zero:
                    for c in range(n_cells):
                        union_fired[c] += sign * fired[collection, c]
                        union_unfired[c] += sign * unfired[collection, c]
            for c in range(n_cells):
                u1 = max(union_fired[c], SMALLEST)
                u0 = max(union_unfired[c], SMALLEST)
                # Σ_α w_α log2 of both ratios at once: apart, their digits would cancel in neurons that are sure.
                own[c] += weight * _log2(u1 / u0 * odds)
                share[c] = weight * (fired[full, c] / u1 - unfired[full, c] / u0)
            for collection in range(n_collections):
                sign = matrix[antichain, collection]
                if sign != zero:
                    for c in range(n_cells):
                        spread[collection, c] += sign * share[c]

        # Sum what the cells of each collection were given, and read it back at every distinct cell.
        for collection in range(full):
            for c in range(n_cells):
                histogram[index[collection, c], 0] = zero
            for c in range(n_cells):
                histogram[index[collection, c], 0] += spread[collection, c]
            for c in range(n_cells):
                spread[full, c] += histogram[index[collection, c], 0]
        entropy = residual[neuron] * _log2(odds)
        for c in range(n_cells):
            own[c] = (own[c] + entropy + spread[full, c] * np.float32(1 / math.log(2))) / np.float32(n_samples)
        for sample in range(n_samples):
            gradient[neuron, sample] = own[cell[sample]]
