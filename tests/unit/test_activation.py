"""θ = σ( r [ 0.8 + 0.1 σ(2 r c) + 0.1 σ(2 r l) ] ), by hand."""

import math

import pytest
import torch

from model.activation import trivariate_activation


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

    theta = trivariate_activation(*sources)

    assert theta.item() == pytest.approx(sigmoid(drive), rel=1e-12)


def test_agreeing_modulators_leave_the_drive_whole_and_opposing_ones_a_fifth_less():
    far = torch.tensor([[1000.0, -1000.0]], dtype=torch.float64)

    theta = trivariate_activation(torch.ones(1, 2, dtype=torch.float64), far, far)

    assert theta[0].tolist() == pytest.approx([sigmoid(1.0), sigmoid(0.8)], rel=1e-12)


def test_one_value_a_neuron_stands_for_all_samples():
    r, l = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([[0.5], [-2.0]])

    theta = trivariate_activation(r, l, l)

    assert torch.equal(theta, trivariate_activation(r, l.expand(2, 3), l.expand(2, 3)))


def test_the_derivative_by_each_source_is_the_one_by_hand():
    r, c, l = (torch.tensor([[x]], dtype=torch.float64, requires_grad=True) for x in (0.7, -0.3, 1.1))

    theta = trivariate_activation(r, c, l)
    theta.backward()

    def slope(x):
        return sigmoid(x) * (1 - sigmoid(x))

    to_c, to_l = 2 * 0.7 * -0.3, 2 * 0.7 * 1.1
    drive = 0.7 * (0.8 + 0.1 * sigmoid(to_c) + 0.1 * sigmoid(to_l))
    by_r = drive / 0.7 + 0.7 * 0.1 * (slope(to_c) * 2 * -0.3 + slope(to_l) * 2 * 1.1)
    by_c, by_l = (0.7 * 0.1 * slope(x) * 2 * 0.7 for x in (to_c, to_l))
    assert [x.grad.item() for x in (r, c, l)] == pytest.approx(
        [slope(drive) * by for by in (by_r, by_c, by_l)], rel=1e-12
    )
