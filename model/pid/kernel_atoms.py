"""The loops of the compiled backend that find terms.

In float64, though θ is float32: a term is a difference of sums over samples, and may be as small as the neuron's
entropy.

Source: docs/science.md, "Redundancy by shared exclusions". Types and shapes are numba's to infer.
"""

import math
from typing import no_type_check

import numba
import numpy as np

from model.binning import BINS
from model.compilation import RELAXED, compiled
from model.pid.kernel_cells import count_into_cells, find_smaller_cells, spread_masses

SMALLEST = np.finfo(np.float64).tiny ** 0.5
"""Least mass of a union: an output that never occurs adds nothing, but its logarithm must be a number."""


@numba.njit(inline="always")
@no_type_check
def _log2(x: np.float64) -> np.float64:
    """log2 of a positive normal number to 1e-12 of it, in arithmetic that the compiler vectorises.

    x = 2^e m with m in [√½, √2), and log2(m) = (2/ln 2) artanh(t) with t = (m − 1)/(m + 1), |t| < 0.172.
    """
    bits = np.float64(x).view(np.int64)
    exponent = (bits - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)
    mantissa = np.int64(bits - (exponent << np.int64(52))).view(np.float64)
    t = (mantissa - 1) / (mantissa + 1)
    square = t * t
    series = 2 / (11 * math.log(2)) + square * (2 / (13 * math.log(2)))
    series = 2 / (9 * math.log(2)) + square * series
    series = 2 / (7 * math.log(2)) + square * series
    series = 2 / (5 * math.log(2)) + square * series
    series = 2 / (3 * math.log(2)) + square * series
    series = 2 / math.log(2) + square * series
    return exponent + t * series


# Sums in any order, so that they are vectorised.
@compiled(relaxed=RELAXED | {"reassoc"})
@no_type_check
def informations_kernel(cells, theta, matrix, strides, sums, informations, first, last):
    """Write sums of the redundancies and the entropy of the output, in bits, such as terms are.

    A redundancy is what knowing that α's union of events has happened takes from the uncertainty of the output.

    Args:
        cells: Of the joint of all sources, (neuron, sample), int32: the bins as digits to base 20, the first source's
            leading.
        theta: (neuron, sample), float32.
        matrix: Inclusion–exclusion, (antichain, collection); the collection of all sources is the last.
        strides: Of each source in each collection's cells, (collection, source).
        sums: What is added up: the weights of every I∩(α; Y), then of H(Y), (written, antichain + 1), float64.
        informations: Where to write, (neuron, written).
        first: First neuron to compute.
        last: The one after the last to compute.
    """
    n_samples = cells.shape[1]
    n_antichains, n_collections = matrix.shape
    n_sources = strides.shape[1]
    full = n_collections - 1
    cell_of = np.full(BINS**n_sources, -1, np.int32)
    key = np.empty(n_samples, np.uint32)
    cell = np.empty(n_samples, np.int32)
    index = np.empty((full, n_samples), np.uint32)
    fired, unfired = np.empty((2, n_collections, n_samples))
    histogram = np.empty((BINS ** (n_sources - 1), 2))
    union_fired, union_unfired = np.empty((2, n_samples))
    found = np.empty(n_antichains + 1)
    for neuron in range(first, last):
        n_cells = count_into_cells(cells[neuron], theta[neuron], 1.0, cell_of, key, cell, fired[full], unfired[full])
        find_smaller_cells(n_cells, key, strides, index)
        spread_masses(n_cells, index, histogram, fired, unfired)
        rate, silent_rate = 0.0, 0.0
        for c in range(n_cells):
            rate += fired[full, c]
            silent_rate += unfired[full, c]
        before = rate * _log2(n_samples / max(rate, SMALLEST))
        before += silent_rate * _log2(n_samples / max(silent_rate, SMALLEST))
        found[n_antichains] = before / n_samples

        for antichain in range(n_antichains):
            union_fired[:n_cells] = 0
            union_unfired[:n_cells] = 0
            for collection in range(n_collections):
                sign = matrix[antichain, collection]
                if sign != 0:
                    for c in range(n_cells):
                        union_fired[c] += sign * fired[collection, c]
                        union_unfired[c] += sign * unfired[collection, c]
            after = 0.0
            for c in range(n_cells):
                u1, u0 = max(union_fired[c], SMALLEST), max(union_unfired[c], SMALLEST)
                after -= fired[full, c] * _log2(u1 / (u1 + u0)) + unfired[full, c] * _log2(u0 / (u1 + u0))
            found[antichain] = (before - after) / n_samples

        for written in range(len(sums)):
            total = 0.0
            for part in range(n_antichains + 1):
                total += sums[written, part] * found[part]
            informations[neuron, written] = total
