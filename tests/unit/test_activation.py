"""Activations and their derivatives, by hand and by automatic differentiation."""

import math

import pytest
import torch

from model.activation import (
    BIVARIATE_MODULATING,
    LINEAR,
    MODULATING,
    activation_of,
    output_activation,
    output_slope,
)
from model.config import NetworkConfig


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize(
    ("r", "c", "l", "drive"),
    [
        (0.0, 5.0, -5.0, 0.0),  # nothing comes of context and lateral input alone
        (1.0, 0.0, 0.0, 0.8 + 0.1 / 2 + 0.1 / 2),
        (2.0, 1.0, 0.0, 2 * (0.8 + 0.1 * sigmoid(4) + 0.05)),
        (2.0, 0.0, 1.0, 2 * (0.8 + 0.05 + 0.1 * sigmoid(4))),
        (-1.5, 0.5, -0.25, -1.5 * (0.8 + 0.1 * sigmoid(-1.5) + 0.1 * sigmoid(0.75))),
        (3.0, -2.0, 4.0, 3 * (0.8 + 0.1 * sigmoid(-12) + 0.1 * sigmoid(24))),
    ],
)
def test_the_activation_is_the_one_by_hand(r, c, l, drive):
    sources = (torch.tensor([[x]], dtype=torch.float64) for x in (r, c, l))

    theta = MODULATING.theta(*sources)

    assert theta.item() == pytest.approx(sigmoid(drive), rel=1e-12)


def test_agreeing_modulators_leave_the_drive_whole_and_opposing_ones_a_fifth_less():
    far = torch.tensor([[1000.0, -1000.0]], dtype=torch.float64)

    theta = MODULATING.theta(torch.ones(1, 2, dtype=torch.float64), far, far)

    assert theta[0].tolist() == pytest.approx([sigmoid(1.0), sigmoid(0.8)], rel=1e-12)


def test_one_value_a_neuron_stands_for_all_samples():
    r, l = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([[0.5], [-2.0]])

    theta = MODULATING.theta(r, l, l)

    assert torch.equal(theta, MODULATING.theta(r, l.expand(2, 3), l.expand(2, 3)))


def test_the_derivative_by_each_source_is_the_one_by_hand():
    sources = [torch.tensor([[x]], dtype=torch.float64) for x in (0.7, -0.3, 1.1)]

    slopes = MODULATING.slopes(MODULATING.theta(*sources), *sources)

    def slope(x):
        return sigmoid(x) * (1 - sigmoid(x))

    to_c, to_l = 2 * 0.7 * -0.3, 2 * 0.7 * 1.1
    drive = 0.7 * (0.8 + 0.1 * sigmoid(to_c) + 0.1 * sigmoid(to_l))
    by_r = drive / 0.7 + 0.7 * 0.1 * (slope(to_c) * 2 * -0.3 + slope(to_l) * 2 * 1.1)
    by_c, by_l = (0.7 * 0.1 * slope(x) * 2 * 0.7 for x in (to_c, to_l))
    assert [by.item() for by in slopes] == pytest.approx([slope(drive) * by for by in (by_r, by_c, by_l)], rel=1e-12)


@pytest.mark.parametrize(
    ("r", "x", "drive"),
    [
        (0.0, 5.0, 0.0),
        (1.0, 0.0, 0.9 + 0.1),
        (2.0, 1.0, 2 * (0.9 + 0.1 * 2 * sigmoid(4))),
        (-1.5, 0.5, -1.5 * (0.9 + 0.1 * 2 * sigmoid(-1.5))),
    ],
)
def test_the_bivariate_activation_is_the_one_by_hand(r, x, drive):
    theta = BIVARIATE_MODULATING.theta(*(torch.tensor([[value]], dtype=torch.float64) for value in (r, x)))

    assert theta.item() == pytest.approx(sigmoid(drive), rel=1e-12)


def test_the_linear_activation_is_the_one_by_hand():
    theta = LINEAR.theta(*(torch.tensor([[value]], dtype=torch.float64) for value in (0.5, -2.0, 0.25)))

    assert theta.item() == pytest.approx(sigmoid(0.5 - 0.2 + 0.25), rel=1e-12)


@pytest.mark.parametrize("activation", [MODULATING, LINEAR, BIVARIATE_MODULATING], ids=lambda a: a.name)
def test_the_derivatives_are_those_of_automatic_differentiation(activation):
    generator, n_sources = torch.Generator().manual_seed(1), len(activation.lattice.sources)
    sources = 3 * torch.randn(n_sources, 4, 50, dtype=torch.float64, generator=generator)
    leaves = [source.requires_grad_() for source in sources.unbind()]
    theta = activation.theta(*leaves)

    slopes = activation.slopes(theta.detach(), *(leaf.detach() for leaf in leaves))

    for found, expected in zip(slopes, torch.autograd.grad(theta.sum(), leaves), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("parts", "activation"),
    [
        ({}, MODULATING),
        ({"activation": "linear"}, LINEAR),
        ({"context": ()}, BIVARIATE_MODULATING),
        ({"lateral_connections": 0}, BIVARIATE_MODULATING),
    ],
)
def test_a_network_has_the_activation_of_its_sources(parts, activation):
    assert activation_of(NetworkConfig(**parts)) is activation


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_output_neuron_has_a_slope_where_it_is_not_kept_off_certainty(dtype):
    theta = output_activation(torch.tensor([[-20.0, -13.0, 0.0, math.log(3), 13.0, 20.0]], dtype=dtype))

    slope = output_slope(theta)

    # σ(±13) is 2.3e-6 off certainty, σ(±20) 2e-9; σ(ln 3) = 3/4.
    assert slope[0].tolist() == pytest.approx([0, 2.26e-6, 1 / 4, 3 / 16, 2.26e-6, 0], rel=0.03)
