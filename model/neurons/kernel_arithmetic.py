"""What the compiled loops compute one number at a time, written into them by the compiler.

Types are numba's to infer.
"""

import math
from typing import no_type_check

import numba
import numpy as np

from model.binning import BINS
from model.randomness import MULTIPLIERS, ROUNDS, WEYL, WORD

MIDDLE = np.float32(BINS // 2 - 1)
LOWEST, HIGHEST = np.float32(0), np.float32(BINS - 1)
ONE = np.float32(1)
_WORD = np.uint64(WORD)
_TIMES_A, _TIMES_C = np.uint64(MULTIPLIERS[0]), np.uint64(MULTIPLIERS[1])
_WEYL_X, _WEYL_Y = np.uint64(WEYL[0]), np.uint64(WEYL[1])
_32, _8 = np.uint64(32), np.uint64(8)
_LOG2_E, _LN_2 = np.float32(1 / math.log(2)), np.float32(math.log(2))


@numba.njit(inline="always")
@no_type_check
def sigmoid(x):
    """1 / (1 + e⁻ˣ), absolutely to 3e-7, in arithmetic that the compiler vectorises.

    e⁻ˣ = 2ⁿ eᵗ with |t| ≤ ln 2 / 2 and eᵗ by its series. It is kept within [2⁻¹²⁶, 2¹²⁶].
    """
    power = min(max(-x * _LOG2_E, np.float32(-126)), np.float32(126))
    whole = np.floor(power + np.float32(0.5))
    t = (power - whole) * _LN_2
    series = np.float32(1 / 120) + t * np.float32(1 / 720)
    series = np.float32(1 / 24) + t * series
    series = np.float32(1 / 6) + t * series
    series = np.float32(1 / 2) + t * series
    series = ONE + t * (ONE + t * series)
    return ONE / (ONE + series * np.int32((np.int32(whole) + np.int32(127)) << 23).view(np.float32))


@numba.njit(inline="always")
@no_type_check
def bin_of(widths):
    """The bin of a value that is so many widths of a bin above the middle."""
    # Clamped before the conversion for infinities, after it for NaN, whose integer value is arbitrary.
    index = np.int32(min(max(np.ceil(widths) + MIDDLE, LOWEST), HIGHEST))
    return min(max(index, np.int32(0)), np.int32(BINS - 1))


@numba.njit(inline="always")
@no_type_check
def draw(key, neuron, third, fourth, n_samples, numbers):
    """`model.randomness.uniform` of one neuron; `numbers` has room for a multiple of four."""
    for block in range((n_samples + 3) // 4):
        a, b, c, d = np.uint64(block), np.uint64(neuron), np.uint64(third), np.uint64(fourth)
        x, y = np.uint64(key[0]), np.uint64(key[1])
        for _ in range(ROUNDS):
            p, q = a * _TIMES_A, c * _TIMES_C
            a, b, c, d = (q >> _32) ^ b ^ x, q & _WORD, (p >> _32) ^ d ^ y, p & _WORD
            x, y = (x + _WEYL_X) & _WORD, (y + _WEYL_Y) & _WORD
        numbers[4 * block] = np.float32(np.int32(a >> _8)) * np.float32(2**-24)
        numbers[4 * block + 1] = np.float32(np.int32(b >> _8)) * np.float32(2**-24)
        numbers[4 * block + 2] = np.float32(np.int32(c >> _8)) * np.float32(2**-24)
        numbers[4 * block + 3] = np.float32(np.int32(d >> _8)) * np.float32(2**-24)
