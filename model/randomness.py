"""Random numbers keyed by who draws them, for what and when, so that nobody's draws depend on its company."""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


class Purpose(IntEnum):
    """What random numbers are drawn for; part of the key, so the numbers are part of the file formats."""

    INITIALISATION = 1
    BATCH_ORDER = 2
    FIRST_PRESENTATION = 3
    SECOND_PRESENTATION = 4
    FIRST_PRESENTATION_EVALUATED = 5
    SECOND_PRESENTATION_EVALUATED = 6


def key(seed: int, purpose: Purpose, *step: int) -> int:
    """A seed for a generator, by whose it is, what for and when; a step may have several parts."""
    words = np.random.SeedSequence([seed, int(purpose), *step]).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))


def batch_order(seed: int, epoch: int, n_samples: int) -> Tensor:
    """A permutation of the samples, (sample,), the same for every member of a population."""
    order = np.random.default_rng(key(seed, Purpose.BATCH_ORDER, epoch)).permutation(n_samples)
    return torch.from_numpy(order)


Step = tuple[int, ...]
"""When numbers are drawn: the training step, or epoch and batch of an evaluation."""


class MemberDraws:
    """Uniform random numbers for the members of a population.

    The same seed draws the same numbers whatever other members there are. The numbers are those of the device's own
    generator: a GPU's differ from a CPU's.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        self._seeds = tuple(seeds)
        self._generator = torch.Generator(device)

    def uniform(self, shape: tuple[int, int], purpose: Purpose, step: Step, dtype: torch.dtype) -> Float[Tensor, "..."]:
        """Numbers in [0, 1), (member, *shape)."""
        numbers = torch.empty((len(self._seeds), *shape), dtype=dtype, device=self._generator.device)
        for seed, own in zip(self._seeds, numbers, strict=True):
            self._generator.manual_seed(key(seed, purpose, *step))
            own.uniform_(generator=self._generator)
        return numbers
