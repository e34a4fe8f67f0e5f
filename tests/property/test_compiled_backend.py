"""The compiled backend against the torch backend, on batches of any shape."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.goal import BIVARIATE, TRIVARIATE
from model.pid import Objective, compiled_backend, torch_backend


@st.composite
def arguments(draw):
    lattice = draw(st.sampled_from([TRIVARIATE, BIVARIATE]))
    neurons, samples, symbols = draw(st.integers(1, 5)), draw(st.integers(1, 80)), draw(st.integers(1, 20))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31 - 1)))
    bins = torch.randint(0, symbols, (len(lattice.sources), neurons, samples), generator=generator)
    theta = torch.rand(neurons, samples, generator=generator).clamp(1e-6, 1 - 1e-6)
    gamma = torch.rand(neurons, len(lattice.antichains) + 1, generator=generator) * 2 - 1
    return bins, theta, gamma, lattice


def gradient(bins, theta, gamma, lattice):
    return compiled_backend.goal_gradient(bins, theta, Objective.of(gamma, lattice))


@settings(max_examples=60, deadline=None)
@given(arguments())
def test_it_agrees_with_the_torch_backend_in_float64(call):
    bins, theta, gamma, lattice = call

    found = gradient(bins, theta, gamma, lattice).double()

    expected = torch_backend.goal_gradient(bins, theta.double(), Objective.of(gamma.double(), lattice))
    largest = expected.abs().amax(dim=1, keepdim=True).clamp(min=1 / theta.shape[1])
    assert float(((found - expected).abs() / largest).max()) <= 1e-4


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(3)
    bins = torch.randint(0, 20, (3, 7, 50), generator=generator)
    return bins, torch.rand(7, 50, generator=generator), torch.rand(7, 19, generator=generator), TRIVARIATE


def test_the_number_of_threads_changes_no_bit(batch):
    threads = torch.get_num_threads()
    found = []
    for n in (1, 2, 5):
        torch.set_num_threads(n)
        found.append(gradient(*batch))
    torch.set_num_threads(threads)

    assert all(torch.equal(other, found[0]) for other in found[1:])


def test_a_neuron_is_computed_alike_whoever_else_is_computed(batch):
    bins, theta, gamma, lattice = batch

    alone = gradient(bins[:, 3:4], theta[3:4], gamma[3:4], lattice)

    assert torch.equal(alone[0], gradient(*batch)[3])


def test_arguments_may_be_views_with_strides(batch):
    bins, theta, gamma, lattice = batch

    found = gradient(bins[:, ::2, ::3], theta[::2, ::3], gamma[::2], lattice)

    expected = gradient(bins[:, ::2, ::3].contiguous(), theta[::2, ::3].contiguous(), gamma[::2].contiguous(), lattice)
    assert torch.equal(found, expected)


def test_a_neuron_whose_probabilities_are_not_numbers_spoils_no_other(batch):
    bins, theta, gamma, lattice = batch
    spoilt = theta.clone()
    spoilt[2] = torch.nan

    found = gradient(bins, spoilt, gamma, lattice)

    others = [0, 1, 3, 4, 5, 6]
    assert torch.equal(found[others], gradient(*batch)[others])
    assert found[2].isnan().all()


@pytest.mark.parametrize("wrong", [-1, 20, 2_000_000])
def test_bins_that_there_are_not_are_refused_before_any_memory_is_written(wrong):
    bins = torch.zeros(3, 2, 5, dtype=torch.int64)
    bins[1, 1, 4] = wrong

    with pytest.raises(ValueError, match="bins must lie in 0…19"):
        compiled_backend.goal_gradient(bins, torch.full((2, 5), 0.5), Objective.of(torch.ones(2, 19), TRIVARIATE))
