"""Random numbers keyed by who draws them, for what and when, so that nobody's draws depend on its company.

They come from a counter: any of them can be had without those before it, on any device, and is the same on all.
"""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

WORD = 2**32 - 1
MULTIPLIER = 0xD256D193
WEYL = 0x9E3779B9
ROUNDS = 10
"""Of Philox2x32."""


class Purpose(IntEnum):
    """What random numbers are drawn for; part of the key, so the numbers are part of the file formats."""

    INITIALISATION = 1
    BATCH_ORDER = 2
    FIRST_PRESENTATION = 3
    SECOND_PRESENTATION = 4
    FIRST_PRESENTATION_EVALUATED = 5
    SECOND_PRESENTATION_EVALUATED = 6
    LATERAL_CONNECTIONS = 7


Step = tuple[int, ...]
"""When numbers are drawn: the training step, or epoch and batch of an evaluation."""


def key(seed: int, purpose: Purpose, *step: int) -> int:
    """A key of 63 bits, by whose it is, what for and when; a step may have several parts."""
    words = np.random.SeedSequence([seed, int(purpose), *step]).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))


def member_keys(seeds: Sequence[int], purpose: Purpose, step: Step) -> Int64[Tensor, " member"]:
    """The key of each member of a population, on the CPU."""
    return torch.tensor([key(seed, purpose, *step) for seed in seeds])


def batch_order(seed: int, epoch: int, n_samples: int) -> Tensor:
    """A permutation of the samples, (sample,), the same for every member of a population."""
    order = np.random.default_rng(key(seed, Purpose.BATCH_ORDER, epoch)).permutation(n_samples)
    return torch.from_numpy(order)


def uniform(
    keys: Int64[Tensor, " member"], n_neurons: int, n_samples: int, template: Tensor
) -> Float[Tensor, "member neuron sample"]:
    """Multiples of 2⁻²⁴ in [0, 1): the same for a key, neuron and sample whatever others there are.

    Args:
        keys: From `member_keys`.
        n_neurons: Neurons of each member.
        n_samples: Numbers for each neuron.
        template: A tensor of the dtype and on the device to draw in.
    """
    keys = keys.to(template.device)[:, None, None]
    neurons = torch.arange(n_neurons, device=template.device)[:, None]
    pairs = torch.arange((n_samples + 1) // 2, device=template.device)
    words = philox(pairs, ((keys >> 32) + neurons) & WORD, keys & WORD)
    return (torch.stack(words, dim=-1).flatten(-2)[..., :n_samples] >> 8).to(template.dtype) * 2**-24


def philox(left: Tensor, right: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """Two random words of 32 bits from a counter of two words and a key of one, by ten rounds of Philox2x32.

    All are integers of 64 bits, which broadcast.

    Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """
    for _ in range(ROUNDS):
        product = left * MULTIPLIER
        left, right = ((product >> 32) & WORD) ^ key ^ right, product & WORD
        key = (key + WEYL) & WORD
    return left, right
