"""The compiled backend's loops over a neuron's samples: what it fires, and what its sources should be.

Source: `model.neurons.torch_backend`, which says the same in tensors. Types and shapes are numba's to infer.
"""

import math
from typing import no_type_check

import numba
import numpy as np

from model.activation import MODULATION, OUTPUT_MARGIN, STEEPNESS
from model.binning import BINS, FIXED_LIMIT
from model.compilation import compiled
from model.randomness import MULTIPLIERS, ROUNDS, WEYL, WORD

PER_WIDTH = np.float32(BINS / (2 * FIXED_LIMIT))
MIDDLE = np.float32(BINS // 2 - 1)
LOWEST, HIGHEST = np.float32(0), np.float32(BINS - 1)
SHARE, STEEP = np.float32(MODULATION), np.float32(STEEPNESS)
ALONE = np.float32(1 - 2 * MODULATION)
LEAST, MOST = np.float32(OUTPUT_MARGIN), np.float32(1 - OUTPUT_MARGIN)
ONE, TWO = np.float32(1), np.float32(2)
_WORD = np.uint64(WORD)
_TIMES_A, _TIMES_C = np.uint64(MULTIPLIERS[0]), np.uint64(MULTIPLIERS[1])
_WEYL_X, _WEYL_Y = np.uint64(WEYL[0]), np.uint64(WEYL[1])
_32, _8 = np.uint64(32), np.uint64(8)
_LOG2_E, _LN_2 = np.float32(1 / math.log(2)), np.float32(math.log(2))


@numba.njit(inline="always")
@no_type_check
def _sigmoid(x):
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
def _draw(key, neuron, third, fourth, n_samples, numbers):
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


@numba.njit(inline="always")
@no_type_check
def _bin(widths):
    # Clamped before the conversion for infinities, after it for NaN, whose integer value is arbitrary.
    index = np.int32(min(max(np.ceil(widths) + MIDDLE, LOWEST), HIGHEST))
    return min(max(index, np.int32(0)), np.int32(BINS - 1))


@compiled
@no_type_check
def fire(feedforward, context, lateral, keys, third, fourth, theta, cells, outputs, first, last):
    """Sample the outputs of trivariate neurons; θ and the cells of the joint too where there is room for them.

    Args:
        feedforward: (row, sample), float32; a row is a neuron, a member's neurons stand together.
        context: (row, sample), or (row, 1) for the same at every sample.
        lateral: As context.
        keys: (member, 2), int64.
        third: The third word of the random numbers' counter, in an array of no dimension.
        fourth: The fourth, likewise.
        theta: Where to write θ, (row, sample), or with no row.
        cells: Where to write cells, (row, sample), int32.
        outputs: Where to write −1 or +1, (row, sample).
        first: First row to compute.
        last: The one after the last to compute.
    """
    n_rows, n_samples = feedforward.shape
    n_neurons = n_rows // len(keys)
    learning = len(theta) > 0
    c, l, chance = np.empty((3, n_samples), np.float32)
    numbers = np.empty(n_samples + 3, np.float32)
    for row in range(first, last):
        _draw(keys[row // n_neurons], row % n_neurons, third[()], fourth[()], n_samples, numbers)
        c[:] = context[row]
        l[:] = lateral[row]
        for s in range(n_samples):
            r = feedforward[row, s]
            agreement = _sigmoid(STEEP * r * c[s]) + _sigmoid(STEEP * r * l[s])
            chance[s] = _sigmoid(r * (ALONE + SHARE * agreement))
        for s in range(n_samples):
            outputs[row, s] = ONE if numbers[s] < chance[s] else -ONE
        if learning:
            theta[row] = chance
            for s in range(n_samples):
                f = _bin(feedforward[row, s] * PER_WIDTH)
                cells[row, s] = (f * BINS + _bin(c[s] * PER_WIDTH)) * BINS + _bin(l[s] * PER_WIDTH)


@compiled
@no_type_check
def trivariate_backward(
    feedforward, context, lateral, theta, gradient, d_feedforward, d_context, d_lateral, first, last
):
    """Write the derivatives of −G by the sources, given ∂G/∂θ; all (row, sample), float32."""
    n_samples = feedforward.shape[1]
    for row in range(first, last):
        for s in range(n_samples):
            r, c, l, chance = feedforward[row, s], context[row, s], lateral[row, s], theta[row, s]
            by_c, by_l = _sigmoid(STEEP * r * c), _sigmoid(STEEP * r * l)
            slope_c = SHARE * STEEP * by_c * (ONE - by_c) * r
            slope_l = SHARE * STEEP * by_l * (ONE - by_l) * r
            down = -gradient[row, s] * chance * (ONE - chance)
            d_feedforward[row, s] = down * (ALONE + SHARE * (by_c + by_l) + slope_c * c + slope_l * l)
            d_context[row, s] = down * slope_c * r
            d_lateral[row, s] = down * slope_l * r


@compiled
@no_type_check
def output_forward(drive, labels, n_labels, theta, cells, first, last):
    """Write θ of output neurons, and the cells of drive and own label element; (row, sample), a row a neuron."""
    n_samples = drive.shape[1]
    for row in range(first, last):
        largest = np.float32(0)
        for s in range(n_samples):
            largest = max(largest, abs(drive[row, s]))
        unit = largest if largest > 0 else ONE
        own = row % n_labels
        for s in range(n_samples):
            theta[row, s] = min(max(_sigmoid(drive[row, s]), LEAST), MOST)
            known = np.int32(BINS - 1) if labels[s] == own else np.int32(BINS // 2 - 1)
            cells[row, s] = _bin(drive[row, s] / unit * np.float32(BINS // 2)) * BINS + known


@compiled
@no_type_check
def output_backward(drive, theta, gradient, d_drive, first, last):
    """Write the derivative of −G by the drive, given ∂G/∂θ; none where θ is kept off 0 and 1."""
    for row in range(first, last):
        for s in range(drive.shape[1]):
            chance = theta[row, s]
            inside = LEAST < chance < MOST
            d_drive[row, s] = -gradient[row, s] * chance * (ONE - chance) if inside else np.float32(0)
            if math.isnan(drive[row, s]):  # a diverged network, which θ, kept off 0 and 1, does not show
                d_drive[row, s] = drive[row, s]
