"""The compiled backend against the torch backend, on batches of any shape."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.goal import BIVARIATE, TRIVARIATE
from model.lattice import Lattice
from model.pid import Objective, compiled_backend, torch_backend

FOUR = Lattice.of("1234")


@st.composite
def arguments(draw, least=1e-6):
    """Bins, θ no nearer to 0 or 1 than the least, goals, and their lattice."""
    lattice = draw(st.sampled_from([TRIVARIATE, BIVARIATE, FOUR]))
    neurons, samples, symbols = draw(st.integers(1, 5)), draw(st.integers(1, 80)), draw(st.integers(1, 20))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31 - 1)))
    bins = torch.randint(0, symbols, (len(lattice.sources), neurons, samples), generator=generator)
    theta = (1.2 * torch.rand(neurons, samples, generator=generator) - 0.1).clamp(least, 1 - least)
    gamma = torch.rand(neurons, len(lattice.antichains) + 1, generator=generator) * 2 - 1
    return bins, theta, gamma, lattice


def gradient(bins, theta, gamma, lattice):
    return compiled_backend.goal_gradient(bins, theta, Objective.of(gamma, lattice))


def atoms(bins, theta, _, lattice):
    return compiled_backend.atoms(bins, theta, lattice)


def redundancies(bins, theta, _, lattice):
    return compiled_backend.redundancies(bins, theta, lattice)


EVERYTHING = pytest.mark.parametrize("compute", [gradient, atoms, redundancies])


@settings(max_examples=60, deadline=None)
@given(arguments())
def test_gradients_agree_with_the_torch_backend_in_float64(call):
    bins, theta, gamma, lattice = call

    found = gradient(bins, theta, gamma, lattice).double()

    expected = torch_backend.goal_gradient(bins, theta.double(), Objective.of(gamma.double(), lattice))
    largest = expected.abs().amax(dim=1, keepdim=True).clamp(min=1 / theta.shape[1])
    assert float(((found - expected).abs() / largest).max()) <= 1e-4


@settings(max_examples=60, deadline=None)
@given(arguments(least=0.0))
def test_terms_agree_with_the_torch_backend_in_float64(call):
    bins, theta, gamma, lattice = call

    found, shared = atoms(bins, theta, gamma, lattice), redundancies(bins, theta, gamma, lattice)

    # Nothing is lost but the digits that a result in float32 has no room for.
    options = {"rtol": 1e-7, "atol": 1e-9}
    torch.testing.assert_close(found.double(), torch_backend.atoms(bins, theta.double(), lattice), **options)
    torch.testing.assert_close(shared.double(), torch_backend.redundancies(bins, theta.double(), lattice), **options)


@pytest.mark.parametrize("nearly", [2.0**-17, 1 - 2.0**-17], ids=["never", "always"])
def test_terms_of_a_neuron_almost_sure_of_every_sample_keep_their_digits(nearly):
    generator = torch.Generator().manual_seed(34)
    bins = torch.randint(3, (3, 1, 60), generator=generator)
    theta = nearly + torch.randint(-120, 121, (1, 60), generator=generator) * 2.0**-24

    found = compiled_backend.atoms(bins, theta, TRIVARIATE).double()

    expected = torch_backend.atoms(bins, theta.double(), TRIVARIATE)
    largest_atom = float(expected[:, :-1].abs().max())
    assert largest_atom < 1e-6  # bits
    assert float((found - expected)[:, :-1].abs().max()) <= 1e-6 * largest_atom
    assert float(found[0, -1]) == pytest.approx(float(expected[0, -1]), rel=1e-6)


def test_terms_keep_their_digits_in_large_batches():
    generator = torch.Generator().manual_seed(5)
    bins = torch.randint(6, 12, (3, 1, 300_000), generator=generator)
    theta = torch.rand(1, 300_000, generator=generator)

    found = compiled_backend.atoms(bins, theta, TRIVARIATE).double()

    torch.testing.assert_close(found, torch_backend.atoms(bins, theta.double(), TRIVARIATE), rtol=1e-6, atol=1e-9)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(3)
    bins = torch.randint(0, 20, (3, 7, 50), generator=generator)
    return bins, torch.rand(7, 50, generator=generator), torch.rand(7, 19, generator=generator), TRIVARIATE


@EVERYTHING
def test_the_number_of_threads_changes_no_bit(compute, batch):
    threads = torch.get_num_threads()
    found = []
    for n in (1, 2, 5):
        torch.set_num_threads(n)
        found.append(compute(*batch))
    torch.set_num_threads(threads)

    assert all(torch.equal(other, found[0]) for other in found[1:])


@EVERYTHING
def test_a_neuron_is_computed_alike_whoever_else_is_computed(compute, batch):
    bins, theta, gamma, lattice = batch

    alone = compute(bins[:, 3:4], theta[3:4], gamma[3:4], lattice)

    assert torch.equal(alone[0], compute(*batch)[3])


@EVERYTHING
def test_arguments_may_be_views_with_strides(compute, batch):
    bins, theta, gamma, lattice = batch

    found = compute(bins[:, ::2, ::3], theta[::2, ::3], gamma[::2], lattice)

    expected = compute(bins[:, ::2, ::3].contiguous(), theta[::2, ::3].contiguous(), gamma[::2].contiguous(), lattice)
    assert torch.equal(found, expected)


@EVERYTHING
def test_a_neuron_whose_probabilities_are_not_numbers_spoils_no_other(compute, batch):
    bins, theta, gamma, lattice = batch
    spoilt = theta.clone()
    spoilt[2] = torch.nan

    found = compute(bins, spoilt, gamma, lattice)

    others = [0, 1, 3, 4, 5, 6]
    assert torch.equal(found[others], compute(*batch)[others])
    assert found[2].isnan().all()


def test_a_probability_that_is_no_number_leaves_no_term_a_number(batch):
    bins, theta, gamma, lattice = batch
    theta[2, 7] = torch.nan

    assert atoms(bins, theta, gamma, lattice)[2].isnan().all()


def test_atoms_of_cells_are_those_of_their_bins(batch):
    bins, theta, gamma, lattice = batch
    cells = ((bins[0] * 20 + bins[1]) * 20 + bins[2]).int()

    found = compiled_backend.atoms_of_cells(cells[::2, ::3], theta[::2, ::3], lattice)

    assert torch.equal(found, atoms(bins[:, ::2, ::3], theta[::2, ::3], gamma, lattice))


@EVERYTHING
@pytest.mark.parametrize("wrong", [-1, 20, 2_000_000])
def test_bins_that_there_are_not_are_refused_before_any_memory_is_written(compute, wrong):
    bins = torch.zeros(3, 2, 5, dtype=torch.int64)
    bins[1, 1, 4] = wrong

    with pytest.raises(ValueError, match="bins must lie in 0…19"):
        compute(bins, torch.full((2, 5), 0.5), torch.ones(2, 19), TRIVARIATE)
