"""Random numbers keyed by who draws them, for what and when, so that nobody's draws depend on its company.

They come from a counter: any of them can be had without those before it, on any device, and is the same on all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

WORD = 2**32 - 1
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
ROUNDS = 10
"""Of Philox4x32."""

Word = Int64[Tensor, "*#shape"]
"""32 bits, in an integer of 64."""


class Purpose(IntEnum):
    """What random numbers are drawn for, less than 2⁸; part of a key or a counter, so of the file formats too."""

    INITIALISATION = 1
    BATCH_ORDER = 2
    FIRST_PRESENTATION = 3
    SECOND_PRESENTATION = 4
    FIRST_PRESENTATION_EVALUATED = 5
    SECOND_PRESENTATION_EVALUATED = 6
    SAMPLED_OUTPUTS = 7
    LATERAL_CONNECTIONS = 8
    FIRST_PRESENTATION_OBSERVED = 9
    SECOND_PRESENTATION_OBSERVED = 10


def key(seed: int, purpose: Purpose, *step: int) -> int:
    """A key of 63 bits, by whose it is, what for and when; a step may have several parts."""
    words = np.random.SeedSequence([seed, int(purpose), *step]).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))


def member_keys(seeds: Sequence[int]) -> Int64[Tensor, "member 2"]:
    """The two words that each member of a population keys its sampled outputs with, on the CPU."""
    words = [np.random.SeedSequence([seed, int(Purpose.SAMPLED_OUTPUTS)]).generate_state(2) for seed in seeds]
    return torch.from_numpy(np.stack(words).astype(np.int64))


def evaluation_step(epoch: int, batch: int) -> int:
    """The step of a batch in the evaluation after an epoch.

    Raises:
        ValueError: If the epoch has more than 32 bits or the batch more than 24: others would draw the same numbers.
    """
    if not (0 <= epoch <= WORD and 0 <= batch < 2**24):
        raise ValueError(f"an evaluation has at most 2**32 epochs of 2**24 batches; got epoch {epoch}, batch {batch}")
    return batch << 32 | epoch


@dataclass(frozen=True)
class Draw:
    """Which random numbers the outputs of one presentation are sampled with.

    Attributes:
        keys: From `member_keys`, on the device that draws.
        purpose: What for.
        step: When, in at most 56 bits: steps learned before, or from `evaluation_step`. On the device that draws.
        first_neuron: Number of the first neuron that draws, among all of its network.
    """

    keys: Int64[Tensor, "member 2"]
    purpose: Purpose
    step: Int64[Tensor, ""]
    first_neuron: int = 0

    def words(self) -> tuple[Int64[Tensor, ""], Int64[Tensor, ""]]:
        """The counter's last two words: the step's low 32 bits; its high 24, and the purpose below them."""
        return self.step & WORD, ((self.step >> 32) << 8) + int(self.purpose)


def batch_order(seed: int, epoch: int, n_samples: int) -> Tensor:
    """A permutation of the samples, (sample,), the same for every member of a population."""
    order = np.random.default_rng(key(seed, Purpose.BATCH_ORDER, epoch)).permutation(n_samples)
    return torch.from_numpy(order)


def uniform(draw: Draw, n_neurons: int, n_samples: int, template: Tensor) -> Float[Tensor, "member neuron sample"]:
    """Multiples of 2⁻²⁴ in [0, 1): the same for a draw, neuron and sample whatever others there are.

    A counter of (block of four samples, neuron, step, step and purpose) gives the numbers of four samples.

    Args:
        draw: Whose numbers, what for and when.
        n_neurons: Neurons of each member.
        n_samples: Numbers for each neuron.
        template: A tensor of the dtype and on the device to draw in.
    """
    blocks = torch.arange((n_samples + 3) // 4, device=template.device)
    neurons = torch.arange(draw.first_neuron, draw.first_neuron + n_neurons, device=template.device)[:, None]
    first, second = draw.keys[:, None, None].unbind(-1)
    words = philox((blocks, neurons, *draw.words()), (first, second))
    return (torch.stack(words, dim=-1).flatten(-2)[..., :n_samples] >> 8).to(template.dtype) * 2**-24


def philox(counter: tuple[Word, Word, Word, Word], key: tuple[Word, Word]) -> tuple[Word, Word, Word, Word]:
    """Four random words from a counter of four and a key of two, by ten rounds of Philox4x32.

    Words broadcast.

    Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """
    a, b, c, d = counter
    x, y = key
    for _ in range(ROUNDS):
        p, q = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a, b, c, d = ((q >> 32) & WORD) ^ b ^ x, q & WORD, ((p >> 32) & WORD) ^ d ^ y, p & WORD
        x, y = (x + WEYL[0]) & WORD, (y + WEYL[1]) & WORD
    return a, b, c, d
