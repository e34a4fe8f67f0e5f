"""The compiled backend's loops from a neuron's sources to its probability of firing, and back.

Source: `model.activation`, which says the same in tensors. Types and shapes are numba's to infer. All arrays are
(row, sample), float32; a row is a neuron. Going forward, sources other than the first may be (row, 1), for the same at
every sample. Each computes the rows from a first one to before a last one.
"""

import math
from typing import no_type_check

import numpy as np

from model.activation import ALONE, BIVARIATE_ALONE, BIVARIATE_SHARE, CONTEXT_WEIGHT, OUTPUT_MARGIN, SHARE, STEEPNESS
from model.compilation import compiled
from model.neurons.kernel_arithmetic import ONE, sigmoid

_ALONE, _SHARE = np.float32(ALONE), np.float32(SHARE)
_BIVARIATE_ALONE, _BIVARIATE_SHARE = np.float32(BIVARIATE_ALONE), np.float32(BIVARIATE_SHARE)
_STEEP, _WEIGHT = np.float32(STEEPNESS), np.float32(CONTEXT_WEIGHT)
_LEAST, _MOST = np.float32(OUTPUT_MARGIN), np.float32(1 - OUTPUT_MARGIN)


@compiled
@no_type_check
def modulating(feedforward, context, lateral, theta, first, last):
    """Write θ of trivariate neurons whose context and lateral input modulate."""
    n_samples = feedforward.shape[1]
    c, l = np.empty((2, n_samples), np.float32)
    for row in range(first, last):
        c[:] = context[row]
        l[:] = lateral[row]
        for s in range(n_samples):
            r = feedforward[row, s]
            agreement = sigmoid(_STEEP * r * c[s]) + sigmoid(_STEEP * r * l[s])
            theta[row, s] = sigmoid(r * (_ALONE + _SHARE * agreement))


@compiled
@no_type_check
def modulating_back(feedforward, context, lateral, theta, gradient, d_feedforward, d_context, d_lateral, first, last):
    """Write the derivatives of −G by the sources, given ∂G/∂θ."""
    for row in range(first, last):
        for s in range(feedforward.shape[1]):
            r, c, l, chance = feedforward[row, s], context[row, s], lateral[row, s], theta[row, s]
            by_c, by_l = sigmoid(_STEEP * r * c), sigmoid(_STEEP * r * l)
            slope_c = _SHARE * _STEEP * by_c * (ONE - by_c) * r
            slope_l = _SHARE * _STEEP * by_l * (ONE - by_l) * r
            down = -gradient[row, s] * chance * (ONE - chance)
            d_feedforward[row, s] = down * (_ALONE + _SHARE * (by_c + by_l) + slope_c * c + slope_l * l)
            d_context[row, s] = down * slope_c * r
            d_lateral[row, s] = down * slope_l * r


@compiled
@no_type_check
def linear(feedforward, context, lateral, theta, first, last):
    """Write θ of trivariate neurons that fire by a weighted sum."""
    n_samples = feedforward.shape[1]
    c, l = np.empty((2, n_samples), np.float32)
    for row in range(first, last):
        c[:] = context[row]
        l[:] = lateral[row]
        for s in range(n_samples):
            theta[row, s] = sigmoid(feedforward[row, s] + _WEIGHT * c[s] + l[s])


@compiled
@no_type_check
def linear_back(_feedforward, _context, _lateral, theta, gradient, d_feedforward, d_context, d_lateral, first, last):
    """Write the derivatives of −G by the sources, given ∂G/∂θ."""
    for row in range(first, last):
        for s in range(theta.shape[1]):
            down = -gradient[row, s] * theta[row, s] * (ONE - theta[row, s])
            d_feedforward[row, s] = down
            d_context[row, s] = _WEIGHT * down
            d_lateral[row, s] = down


@compiled
@no_type_check
def bivariate(feedforward, modulator, theta, first, last):
    """Write θ of bivariate neurons, whose other source modulates."""
    n_samples = feedforward.shape[1]
    x = np.empty(n_samples, np.float32)
    for row in range(first, last):
        x[:] = modulator[row]
        for s in range(n_samples):
            r = feedforward[row, s]
            theta[row, s] = sigmoid(r * (_BIVARIATE_ALONE + _BIVARIATE_SHARE * sigmoid(_STEEP * r * x[s])))


@compiled
@no_type_check
def bivariate_back(feedforward, modulator, theta, gradient, d_feedforward, d_modulator, first, last):
    """Write the derivatives of −G by the sources, given ∂G/∂θ."""
    for row in range(first, last):
        for s in range(feedforward.shape[1]):
            r, x, chance = feedforward[row, s], modulator[row, s], theta[row, s]
            by = sigmoid(_STEEP * r * x)
            slope = _BIVARIATE_SHARE * _STEEP * by * (ONE - by) * r
            down = -gradient[row, s] * chance * (ONE - chance)
            d_feedforward[row, s] = down * (_BIVARIATE_ALONE + _BIVARIATE_SHARE * by + slope * x)
            d_modulator[row, s] = down * slope * r


@compiled
@no_type_check
def output(drive, theta, first, last):
    """Write θ of output neurons."""
    for row in range(first, last):
        for s in range(drive.shape[1]):
            theta[row, s] = min(max(sigmoid(drive[row, s]), _LEAST), _MOST)


@compiled
@no_type_check
def output_back(drive, theta, gradient, d_drive, first, last):
    """Write the derivative of −G by the drive, given ∂G/∂θ; none where θ is kept off 0 and 1."""
    for row in range(first, last):
        for s in range(drive.shape[1]):
            chance = theta[row, s]
            inside = _LEAST < chance < _MOST
            d_drive[row, s] = -gradient[row, s] * chance * (ONE - chance) if inside else np.float32(0)
            if math.isnan(drive[row, s]):  # a diverged network, which θ, kept off 0 and 1, does not show
                d_drive[row, s] = drive[row, s]
