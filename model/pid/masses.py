"""Marginal masses of every collection of sources at every sample's cell, from small histograms."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.binning import BINS
from model.lattice import Lattice


@dataclass(frozen=True)
class Cells:
    """Which cell of each collection's histogram each sample of each neuron lies in.

    Attributes:
        index: One tensor a collection, in the lattice's order.
        sizes: Number of cells of each collection's histogram: 20, 400, 8000, …, never more than samples.
    """

    index: tuple[Int64[Tensor, "neuron sample"], ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, bins: Int64[Tensor, "source neuron sample"], lattice: Lattice) -> "Cells":
        """The cells of every collection, from each source's bins."""
        index, sizes, n_samples = [], [], bins.shape[-1]
        for collection in lattice.collections:
            members = [bins[i] for i, source in enumerate(lattice.sources) if source in collection]
            cell = members[0]
            for member in members[1:]:
                cell = cell * BINS + member
            size = BINS ** len(members)
            index.append(_ranks(cell) if size > n_samples else cell)
            sizes.append(min(size, n_samples))
        return cls(tuple(index), tuple(sizes))

    def totals(self, collection: int, mass: Float[Tensor, "neuron sample"]) -> Float[Tensor, "neuron sample"]:
        """For every sample, the sum of the mass over the samples that share its cell of one collection."""
        index = self.index[collection]
        histogram = mass.new_zeros(len(mass), self.sizes[collection])
        return histogram.scatter_add_(1, index, mass).gather(1, index)

    def all_totals(self, mass: Float[Tensor, "neuron sample"]) -> Float[Tensor, "collection neuron sample"]:
        """`totals` of the same mass for every collection."""
        return torch.stack([self.totals(a, mass) for a in range(len(self.index))])


def _ranks(cell: Int64[Tensor, "neuron sample"]) -> Int64[Tensor, "neuron sample"]:
    """The cells that hold a sample of a neuron, numbered 0, 1, 2, … in each neuron."""
    ascending, order = cell.sort(dim=-1)
    rank = torch.zeros_like(cell)
    rank[:, 1:] = (ascending[:, 1:] != ascending[:, :-1]).cumsum(dim=-1)
    return torch.empty_like(cell).scatter_(1, order, rank)


def union_masses(
    cells: Cells, mass: Float[Tensor, "neuron sample"], inclusion_exclusion: Float[Tensor, "antichain collection"]
) -> Float[Tensor, "antichain neuron sample"]:
    """Mass of ∪_{a∈α} {S_a = s_a} at every sample's own s, by inclusion and exclusion, in counts of samples."""
    return torch.einsum("ac,cns->ans", inclusion_exclusion, cells.all_totals(mass))
