"""What the compiled loops share: a neuron's samples counted into its distinct cells, and the masses these have.

Inlined into the loops that call it: memory is theirs, and masses are added up in the type of their arrays. Types and
shapes are numba's to infer.
"""

from typing import no_type_check

import numba
import numpy as np

from model.binning import BINS


@numba.njit(inline="always")
@no_type_check
def count_into_cells(cells, theta, one, cell_of, key, cell, fired, unfired):
    """Number the distinct cells of a neuron's samples, and add up θ and 1 − θ in each.

    Args:
        cells: Of the joint of all sources, (sample,).
        theta: (sample,), float32.
        one: 1 in the type of the masses.
        cell_of: The number of every cell of the joint: −1 now and again afterwards.
        key: Where to write the cell of the joint of each number, unsigned.
        cell: Where to write the number of each sample's cell.
        fired: Where to write Σ θ, (distinct cell,).
        unfired: Where to write Σ 1 − θ, (distinct cell,).

    Returns:
        The number of distinct cells.
    """
    n_cells = 0
    for sample in range(len(cells)):
        k = np.uint32(cells[sample])  # unsigned, as indices that are not to be tried for counting from the end
        c = cell_of[k]
        if c < 0:
            c = np.int32(n_cells)
            cell_of[k] = c
            key[c] = k
            fired[c] = 0
            unfired[c] = 0
            n_cells += 1
        cell[sample] = c
        fired[c] += theta[sample]
        unfired[c] += one - theta[sample]
    for c in range(n_cells):
        cell_of[key[c]] = -1
    return n_cells


@numba.njit(inline="always")
@no_type_check
def find_smaller_cells(n_cells, key, strides, index):
    """Write which cell of each smaller collection every distinct cell lies in.

    Args:
        n_cells: Number of distinct cells.
        key: Their cells of the joint of all sources, used up.
        strides: Of each source in each collection's cells, (collection, source): first those of single sources.
        index: Where to write the cells of all collections but the last, (collection, distinct cell), unsigned.
    """
    n_sources = strides.shape[1]
    for source in range(n_sources - 1, -1, -1):
        for c in range(n_cells):
            index[source, c] = key[c] % np.uint32(BINS)
            key[c] //= np.uint32(BINS)
    for collection in range(n_sources, len(index)):
        index[collection, :n_cells] = 0
        for source in range(n_sources):
            stride = np.uint32(strides[collection, source])
            if stride > 0:
                for c in range(n_cells):
                    index[collection, c] += stride * index[source, c]


@numba.njit(inline="always")
@no_type_check
def spread_masses(n_cells, index, histogram, fired, unfired):
    """Write the masses of the smaller collections at every distinct cell.

    Args:
        n_cells: Number of distinct cells.
        index: The cells of the smaller collections, (collection, distinct cell).
        histogram: Room for both masses of every cell of a collection, (cell, 2).
        fired: Σ θ, (collection, distinct cell); the last row, of all sources together, is there already.
        unfired: Σ 1 − θ, likewise.
    """
    full = len(fired) - 1
    for collection in range(full):
        # Only what is used is cleared: there may be many more cells than samples.
        for c in range(n_cells):
            histogram[index[collection, c], 0] = 0
            histogram[index[collection, c], 1] = 0
        for c in range(n_cells):
            histogram[index[collection, c], 0] += fired[full, c]
            histogram[index[collection, c], 1] += unfired[full, c]
        for c in range(n_cells):
            fired[collection, c] = histogram[index[collection, c], 0]
            unfired[collection, c] = histogram[index[collection, c], 1]
