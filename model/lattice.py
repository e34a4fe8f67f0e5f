"""The redundancy lattice: antichains of collections of sources, their order and its Möbius inversion.

A collection is a set of sources, an antichain a set of collections none of which contains another. Everything here is
computed for any number of sources; nothing is read from a table.

Source: Williams & Beer 2010 (the lattice); Gutknecht, Wibral & Makkeh, Proc. R. Soc. A 477 (2021) (its inversion).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Collection = frozenset[str]
Antichain = frozenset[Collection]


def precedes(alpha: Antichain, beta: Antichain) -> bool:
    """Whether α ≼ β: every collection of β contains a collection of α."""
    return all(any(a <= b for a in alpha) for b in beta)


def collections(sources: str) -> tuple[Collection, ...]:
    """All non-empty collections of the sources, small ones first: F, C, L, FC, FL, CL, FCL."""
    return tuple(frozenset(members) for size in range(1, len(sources) + 1) for members in combinations(sources, size))


def antichains(sources: str) -> tuple[Antichain, ...]:
    """All antichains of the sources: 4 for two sources, 18 for three, 166 for four."""
    return tuple(_antichains_within(collections(sources)))


def _antichains_within(candidates: Sequence[Collection], chosen: Antichain = frozenset()) -> Iterator[Antichain]:
    for position, candidate in enumerate(candidates):
        grown = chosen | {candidate}
        yield grown
        comparable = [c for c in candidates[position + 1 :] if not (c <= candidate or candidate <= c)]
        yield from _antichains_within(comparable, grown)


def parse_antichain(name: str) -> Antichain:
    """The antichain that a name such as ``{F}{CL}`` stands for."""
    return frozenset(frozenset(part) for part in name.removeprefix("{").removesuffix("}").split("}{"))


@dataclass(frozen=True)
class Lattice:
    """The redundancy lattice of some sources, with its antichains in a stated order.

    Attributes:
        sources: One character a source, in the order of the arrays that hold them.
        antichains: Every antichain once; the order of atoms and redundancies in all arrays.
    """

    sources: str
    antichains: tuple[Antichain, ...]

    @classmethod
    def in_order(cls, sources: str, names: Sequence[str]) -> "Lattice":
        """The lattice with its antichains in the order of their names.

        Raises:
            ValueError: If the names are not the lattice's antichains, each once.
        """
        ordered = tuple(parse_antichain(name) for name in names)
        if len(set(ordered)) != len(ordered) or set(ordered) != set(antichains(sources)):
            raise ValueError(f"{list(names)} are not the antichains of the sources {sources!r}, each once")
        return cls(sources, ordered)

    @cached_property
    def collections(self) -> tuple[Collection, ...]:
        """The non-empty collections, in the order of the columns of `inclusion_exclusion`."""
        return collections(self.sources)

    @cached_property
    def inclusion_exclusion(self) -> NDArray[np.int64]:
        """Matrix A, (antichain, collection): P(∪_{a∈α} {S_a = s_a}) = Σ_a A[α, a] p(s_a).

        The intersection of the events of several collections is the event of their union.
        """
        column = {collection: index for index, collection in enumerate(self.collections)}
        matrix = np.zeros((len(self.antichains), len(column)), dtype=np.int64)
        for row, alpha in enumerate(self.antichains):
            for size in range(1, len(alpha) + 1):
                for events in combinations(alpha, size):
                    matrix[row, column[frozenset().union(*events)]] += (-1) ** (size + 1)
        return matrix

    @cached_property
    def moebius(self) -> NDArray[np.int64]:
        """Möbius matrix M, (antichain, antichain): Π = M I∩, the inverse of I∩(α) = Σ_{β ≼ α} Π(β)."""
        zeta = np.array([[precedes(beta, alpha) for beta in self.antichains] for alpha in self.antichains])
        return np.rint(np.linalg.inv(zeta.astype(np.float64))).astype(np.int64)
