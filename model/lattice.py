"""The redundancy lattice: antichains of collections of sources, their order and its Möbius inversion.

A collection is a set of sources, an antichain a set of collections none of which contains another. Everything here is
computed for any number of sources; nothing is read from a table. Antichains are many: 4 of two sources, 18 of three,
166 of four, 7579 of five, and 7,828,352 of six, which no array here has room for.

What an antichain says of the sources is which collections contain one of its own, its *up-set*. One antichain precedes
another if its up-set contains the other's, and up-sets can be added and compared as rows of bits.

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


def up_set(antichain: Antichain, candidates: Sequence[Collection]) -> list[bool]:
    """Which of the candidates contain a collection of the antichain."""
    return [any(a <= c for a in antichain) for c in candidates]


def antichains(sources: str) -> tuple[Antichain, ...]:
    """All antichains of the sources, each after all lower ones.

    Those with the larger up-set come first; among equals those whose collections come first in `collections`. For three
    sources this is the published order.
    """
    candidates = collections(sources)

    def key(antichain: Antichain) -> tuple[int, list[int]]:
        return -sum(up_set(antichain, candidates)), [place for place, c in enumerate(candidates) if c in antichain]

    return tuple(sorted(_antichains_within(candidates), key=key))


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

    Raises:
        ValueError: If there are fewer than two sources, or two of the same character.
    """

    sources: str
    antichains: tuple[Antichain, ...]

    def __post_init__(self) -> None:
        if len(self.sources) < 2 or len(set(self.sources)) < len(self.sources):
            raise ValueError(f"a lattice has two sources or more, each its own character; got {self.sources!r}")

    @classmethod
    def of(cls, sources: str) -> "Lattice":
        """The lattice with its antichains in the order of `antichains`: for three sources that of published goals.

        That of published goals for two sources is another: `model.goal.BIVARIATE`.

        Raises:
            ValueError: If there are fewer than two sources, or two of the same character.
        """
        return cls(sources, antichains(sources))

    @classmethod
    def in_order(cls, sources: str, names: Sequence[str]) -> "Lattice":
        """The lattice with its antichains in the order of their names.

        Raises:
            ValueError: If the names are not the lattice's antichains, each once, or the sources are not valid.
        """
        ordered = tuple(parse_antichain(name) for name in names)
        if len(set(ordered)) != len(ordered) or set(ordered) != set(cls.of(sources).antichains):
            raise ValueError(f"{list(names)} are not the antichains of the sources {sources!r}, each once")
        return cls(sources, ordered)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the antichains, such as {F}{CL}: collections and sources in the lattice's order."""
        part = {c: "{" + "".join(sorted(c, key=self.sources.index)) + "}" for c in self.collections}
        return tuple("".join(part[c] for c in self.collections if c in antichain) for antichain in self.antichains)

    @cached_property
    def collections(self) -> tuple[Collection, ...]:
        """The non-empty collections, in the order of the columns of `inclusion_exclusion`."""
        return collections(self.sources)

    @cached_property
    def top(self) -> int:
        """Position of the highest antichain: that of all sources as one collection."""
        return self.antichains.index(frozenset({frozenset(self.sources)}))

    @cached_property
    def _up_sets(self) -> NDArray[np.bool_]:
        """Whether a collection contains one of an antichain's, (antichain, collection)."""
        return np.array([up_set(antichain, self.collections) for antichain in self.antichains])

    @cached_property
    def inclusion_exclusion(self) -> NDArray[np.int64]:
        """Matrix A, (antichain, collection): P(∪_{a∈α} {S_a = s_a}) = Σ_a A[α, a] p(s_a).

        A realisation agrees with s in the sources of some collection c. It is in the union if c is in α's up-set, and
        counts in p(s_a) for every a ⊆ c: a row of A, summed over all a ⊆ c, is a row of the up-sets.
        """
        signs = [[(-1) ** len(c - inner) if inner <= c else 0 for c in self.collections] for inner in self.collections]
        return self._up_sets.astype(np.int64) @ np.array(signs, dtype=np.int64)

    @cached_property
    def moebius(self) -> NDArray[np.int64]:
        """Möbius matrix M, (antichain, antichain): Π = M I∩, the inverse of I∩(α) = Σ_{β ≼ α} Π(β).

        M[α, β] is (−1)ᵏ where β's up-set is α's and any k of the largest collections outside it, else 0: what the lower
        neighbours of α have is taken away by inclusion and exclusion.

        Source: Stanley, Enumerative Combinatorics 1, chapter 3 (the Möbius function of distributive lattices).
        """
        bits = 1 << np.arange(len(self.collections))  # an up-set is the sum of its collections' bits
        contained = np.array([[inner < c for c in self.collections] for inner in self.collections])
        outside = ~self._up_sets
        largest = outside & ~(outside @ contained.T)
        up_sets = [int(bits[members].sum()) for members in self._up_sets]
        position = {members: antichain for antichain, members in enumerate(up_sets)}
        matrix = np.zeros((len(up_sets), len(up_sets)), dtype=np.int64)
        for alpha, members in enumerate(up_sets):
            for k in range(largest[alpha].sum() + 1):
                for added in combinations(bits[largest[alpha]].tolist(), k):
                    matrix[alpha, position[members + sum(added)]] = (-1) ** k
        return matrix
