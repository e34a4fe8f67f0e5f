"""Bins by hand: bin = ceil((x − low) / width) − 1, clamped into 0 … 19."""

import math

import pytest
import torch

from model.binning import adaptive_bins, fixed_bins

DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])


@DTYPES
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-20.0, 0),  # ceil(0) − 1 = −1, clamped
        (-19.999, 0),
        (-18.0, 0),  # an edge belongs to the interval at its left
        (-17.999, 1),
        (-2.0, 8),
        (-0.001, 9),
        (0.0, 9),
        (0.001, 10),
        (1e-9, 10),  # however little above an edge
        (-1e-9, 9),
        (2.0, 10),
        (2.001, 11),
        (18.0, 18),
        (18.001, 19),
        (20.0, 19),
        (20.001, 19),
        (-20.001, 0),
        (1e30, 19),
        (-1e30, 0),
        (math.inf, 19),
        (-math.inf, 0),
    ],
)
def test_fixed_bins_are_those_by_hand(value, expected, dtype):
    assert fixed_bins(torch.tensor([[value]], dtype=dtype)).item() == expected


@DTYPES
def test_every_edge_of_a_fixed_bin_belongs_to_the_interval_at_its_left(dtype):
    edges = torch.arange(-18, 22, 2, dtype=dtype)

    assert fixed_bins(edges).tolist() == list(range(20))


@DTYPES
def test_adaptive_bins_are_those_by_hand(dtype):
    # Divided by 5: −1, −0.6, −0.02, 0, 0.2, 0.22, 1; bins 0.1 wide from −1.
    values = torch.tensor([[-5.0, -3.0, -0.1, 0.0, 1.0, 1.1, 5.0]], dtype=dtype)

    assert adaptive_bins(values).tolist() == [[0, 3, 9, 9, 11, 12, 19]]


@DTYPES
def test_every_edge_of_an_adaptive_bin_belongs_to_the_interval_at_its_left(dtype):
    edges = torch.arange(-9, 11, dtype=dtype)  # the largest is 10, a bin 1 wide

    assert adaptive_bins(edges).tolist() == list(range(20))


def test_adaptive_bins_are_of_each_neuron_by_itself():
    values = torch.tensor([[1.0, 2.0], [10.0, 20.0], [-0.001, 0.002]])

    assert adaptive_bins(values).tolist() == [[14, 19], [14, 19], [4, 19]]


def test_adaptive_bins_keep_a_leading_population_axis():
    values = torch.tensor([[[1.0, 2.0]], [[-2.0, 4.0]]])

    assert adaptive_bins(values).tolist() == [[[14, 19]], [[4, 19]]]


def test_a_source_that_is_always_zero_has_one_bin():
    assert adaptive_bins(torch.zeros(1, 3)).tolist() == [[9, 9, 9]]


def test_the_two_values_of_a_label_element_have_two_bins():
    assert adaptive_bins(torch.tensor([[0.0, 1.0, 0.0]])).tolist() == [[9, 19, 9]]


@DTYPES
@pytest.mark.parametrize("binning", [fixed_bins, adaptive_bins])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_still_falls_into_a_bin(binning, bad, dtype):
    bins = binning(torch.tensor([[bad, 1.0, -3.0], [1.0, 2.0, 4.0]], dtype=dtype))

    assert bins.dtype == torch.int64
    assert ((bins >= 0) & (bins <= 19)).all()
    assert torch.equal(bins[1], binning(torch.tensor([1.0, 2.0, 4.0], dtype=dtype)))


@pytest.mark.parametrize("binning", [fixed_bins, adaptive_bins])
def test_bins_are_constants_to_the_gradient(binning):
    bins = binning(torch.ones(1, 2, requires_grad=True))

    assert not bins.requires_grad
