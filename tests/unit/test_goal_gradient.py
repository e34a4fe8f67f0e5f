"""The closed-form gradient and the terms against automatic differentiation on the dense joint in float64."""

from functools import cache

import pytest
import torch

from model.goal import BIVARIATE, TRIVARIATE, presets
from model.lattice import Lattice
from model.pid import Objective, atoms, goal_gradient, torch_backend
from tests.reference import dense_pid

TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4}
"""Largest error, relative to the largest absolute value of what is compared: a neuron's gradient, or its terms."""

DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])

TWO = (BIVARIATE, dense_pid.BIVARIATE_ORDER)
THREE = (TRIVARIATE, dense_pid.TRIVARIATE_ORDER)
FOUR = (Lattice.of("1234"), Lattice.of("1234").names)
KINDS = {"2 sources": TWO, "3 sources": THREE, "4 sources": FOUR}
SOURCES = pytest.mark.parametrize(("lattice", "order"), KINDS.values(), ids=KINDS.keys())


@cache
def random(*shape, seed, low=0.0, high=1.0):
    """Uniform numbers that float32 holds exactly, so that both precisions see the same problem."""
    generator = torch.Generator().manual_seed(seed)
    return (low + (high - low) * torch.rand(*shape, generator=generator)).double()


def random_bins(*shape, symbols, seed):
    """Symbols drawn uniformly, as bins."""
    choice = torch.randint(len(symbols), shape, generator=torch.Generator().manual_seed(seed))
    return torch.tensor(symbols)[choice]


def batches(n_sources):
    """Bins (source, sample) and θ (sample,) by what is special about them."""
    every_cell = dense_pid.cells(4, n_sources).T
    apart = torch.arange(5).expand(n_sources, -1) * 4
    return {
        "scattered": (random_bins(n_sources, 60, symbols=[0, 3, 10, 19], seed=1), random(60, seed=2)),
        "concentrated": (random_bins(n_sources, 300, symbols=[9, 10], seed=3), random(300, seed=4)),
        "one sample a cell": (every_cell, random(every_cell.shape[1], seed=5)),
        "nothing shared": (apart, random(5, seed=6)),
        "one cell": (torch.full((n_sources, 20), 7), random(20, seed=7)),
        "one sample": (torch.full((n_sources, 1), 19), random(1, seed=8)),
        "a constant source": (
            torch.cat([torch.full((1, 40), 9), random_bins(n_sources - 1, 40, symbols=[1, 2, 3], seed=9)]),
            random(40, seed=10),
        ),
        "two equal sources": (
            random_bins(1, 40, symbols=[4, 5, 6], seed=11).expand(n_sources, -1),
            random(40, seed=12),
        ),
        "rarely firing": (
            random_bins(n_sources, 60, symbols=[0, 1, 2], seed=13),
            random(60, seed=14, low=1e-6, high=1e-3),
        ),
        "almost always firing": (
            random_bins(n_sources, 60, symbols=[0, 1, 2], seed=15),
            random(60, seed=16, low=1 - 1e-3, high=1 - 1e-6),
        ),
        "saturated either way": (
            random_bins(n_sources, 60, symbols=[0, 1, 2], seed=17),
            torch.where(random(60, seed=18) < 0.5, 2.0**-20, 1 - 2.0**-20).double(),
        ),
    }


@pytest.fixture(
    autouse=True,
    params=[
        (goal_gradient, atoms),
        (
            lambda bins, theta, gamma, lattice: torch_backend.goal_gradient(bins, theta, Objective.of(gamma, lattice)),
            torch_backend.atoms,
        ),
    ],
    ids=["chosen backend", "torch backend"],
)
def every_backend(request, monkeypatch):
    """Every test holds for the backend that is chosen (the compiled one for float32), and for the torch backend."""
    for name, function in zip(("goal_gradient", "atoms"), request.param, strict=True):
        monkeypatch.setitem(globals(), name, function)


BATCHES = pytest.mark.parametrize(
    ("lattice", "order", "bins", "theta"),
    [
        pytest.param(*sources, *batch, id=f"{kind}, {name}")
        for kind, sources in KINDS.items()
        for name, batch in batches(len(sources[0].sources)).items()
    ],
)


@cache
def dense(bins, theta, gamma, order):
    """Goal and gradient of one neuron by the reference; the same for every backend and type of numbers."""
    symbols = dense_pid.relabelled(bins)
    return dense_pid.goal_and_gradient(symbols, theta, gamma, order, int(symbols.max()) + 1)


@cache
def dense_terms(bins, theta, order):
    """Terms of one neuron by the reference."""
    symbols = dense_pid.relabelled(bins)
    return dense_pid.terms(symbols, theta, order, int(symbols.max()) + 1)


def sparse_gradient(bins, theta, gamma, lattice, dtype):
    """Gradient of one neuron by the code under test."""
    return goal_gradient(bins.unsqueeze(1), theta.to(dtype).unsqueeze(0), gamma.to(dtype).unsqueeze(0), lattice)[0]


def error(found, expected):
    """Largest absolute difference, relative to the largest expected value; absolute where all should be 0."""
    largest = expected.abs().max()
    return float((found.double() - expected).abs().max() / torch.where(largest > 1e-12, largest, 1.0))


@DTYPES
@BATCHES
def test_the_gradient_is_the_derivative_of_the_goal(lattice, order, bins, theta, dtype):
    gamma = random(len(order) + 1, seed=20, low=-1, high=1)

    found = sparse_gradient(bins, theta, gamma, lattice, dtype)

    assert error(found, dense(bins, theta, gamma, order)[1]) <= TOLERANCE[dtype]


@DTYPES
@BATCHES
def test_the_terms_are_those_of_the_dense_joint(lattice, order, bins, theta, dtype):
    found = atoms(bins.unsqueeze(1), theta.to(dtype).unsqueeze(0), lattice)[0]

    assert error(found, dense_terms(bins, theta, order)) <= TOLERANCE[dtype]


@cache
def single_terms(n_sources):
    return random_bins(n_sources, 30, symbols=[2, 5, 18], seed=35), random(30, seed=36)


@cache
def dense_gradients(bins, theta, order):
    """Gradient of every single term of one neuron by the reference, (term, sample)."""
    symbols, variable = dense_pid.relabelled(bins), theta.clone().requires_grad_()
    terms = dense_pid.terms(symbols, variable, order, int(symbols.max()) + 1)
    unit = torch.eye(len(terms), dtype=torch.float64)
    return torch.autograd.grad(terms, variable, unit, is_grads_batched=True)[0]


@DTYPES
@SOURCES
def test_every_single_term_has_the_gradient_of_that_term(lattice, order, dtype):
    bins, theta = single_terms(len(lattice.sources))
    terms = len(order) + 1

    found = goal_gradient(
        bins.unsqueeze(1).expand(-1, terms, -1),
        theta.to(dtype).expand(terms, -1),
        torch.eye(terms, dtype=dtype),
        lattice,
    )

    expected = dense_gradients(bins, theta, order)
    # A small term is a difference of redundancies, whose digits are those of the large ones.
    largest = expected.abs().amax(dim=1, keepdim=True).clamp(min=float(expected.abs().max()) / 100)
    assert float(((found - expected) / largest).abs().max()) <= TOLERANCE[dtype]


PRESETS = [
    pytest.param(*(THREE if kind == "trivariate" else TWO), gamma, id=f"{kind}/{name}")
    for kind, goals in presets().items()
    for name, gamma in goals.items()
]


@DTYPES
@pytest.mark.parametrize(("lattice", "order", "gamma"), PRESETS)
def test_published_goals_have_the_gradient_and_value_of_the_dense_joint(lattice, order, gamma, dtype):
    bins, theta = batches(len(lattice.sources))["scattered"]
    gamma = torch.tensor(gamma, dtype=torch.float64)

    found = sparse_gradient(bins, theta, gamma, lattice, dtype)
    value = atoms(bins.unsqueeze(1), theta.to(dtype).unsqueeze(0), lattice)[0].double() @ gamma

    expected_value, expected = dense(bins, theta, gamma, order)
    assert error(found, expected) <= TOLERANCE[dtype]
    largest_term = float(dense_terms(bins, theta, order).abs().max())
    assert abs(float(value - expected_value)) <= TOLERANCE[dtype] * largest_term * float(gamma.abs().sum())


@DTYPES
@BATCHES
def test_terms_add_up_to_the_information_and_entropy_of_the_output(lattice, order, bins, theta, dtype):
    found = atoms(bins.unsqueeze(1), theta.to(dtype).unsqueeze(0), lattice)[0].double()

    symbols = dense_pid.relabelled(bins)
    p = dense_pid.joint(symbols, theta, int(symbols.max()) + 1)
    information, entropy = float(dense_pid.mutual_information(p)), float(dense_pid.entropy(p.sum(dim=0)))
    assert float(found[:-1].sum()) == pytest.approx(information, abs=TOLERANCE[dtype] * float(found.abs().max()))
    assert float(found.sum()) == pytest.approx(entropy, abs=TOLERANCE[dtype] * float(found.abs().max()))


@SOURCES
@pytest.mark.parametrize("at_a_time", [1, 2, 3, 5, 6])
def test_the_number_of_neurons_computed_at_a_time_changes_nothing(lattice, order, at_a_time, monkeypatch):
    bins = random_bins(len(lattice.sources), 5, 60, symbols=[0, 1, 2], seed=21)
    theta = random(5, 60, seed=22)
    gamma = random(5, len(order) + 1, seed=23, low=-1, high=1)
    one_by_one = [sparse_gradient(bins[:, n], theta[n], gamma[n], lattice, torch.float64) for n in range(5)]
    terms = [atoms(bins[:, n : n + 1], theta[n : n + 1], lattice)[0] for n in range(5)]

    monkeypatch.setitem(torch_backend.AT_A_TIME, "cpu", at_a_time * len(order) * 60)

    torch.testing.assert_close(
        goal_gradient(bins, theta, gamma, lattice), torch.stack(one_by_one), rtol=1e-12, atol=1e-15
    )
    torch.testing.assert_close(atoms(bins, theta, lattice), torch.stack(terms), rtol=1e-12, atol=1e-15)


def test_the_arguments_are_left_as_they_were():
    bins, theta = random_bins(3, 2, 9, symbols=[0, 1], seed=24), random(2, 9, seed=25)
    gamma = random(2, 19, seed=26)
    before = [t.clone() for t in (bins, theta, gamma)]

    goal_gradient(bins, theta, gamma, TRIVARIATE)

    assert all(torch.equal(t, was) for t, was in zip((bins, theta, gamma), before, strict=True))


@DTYPES
@SOURCES
@pytest.mark.parametrize("extreme", [0.0, 1.0], ids=["never", "always"])
def test_a_sure_sample_among_unsure_ones_of_its_cell_has_the_derivative(lattice, order, extreme, dtype):
    bins = random_bins(len(lattice.sources), 30, symbols=[0, 1], seed=27).repeat(1, 2)
    theta = torch.cat([random(30, seed=28, low=0.1, high=0.9), torch.full((30,), extreme, dtype=torch.float64)])
    gamma = random(len(order) + 1, seed=29, low=-1, high=1)

    found = sparse_gradient(bins, theta, gamma, lattice, dtype)

    assert error(found, dense(bins, theta, gamma, order)[1]) <= TOLERANCE[dtype]


@DTYPES
@SOURCES
@pytest.mark.parametrize("extreme", [0.0, 1.0], ids=["never", "always"])
def test_a_sure_sample_alone_in_its_cell_has_the_limit_of_the_derivative_where_there_is_one(
    lattice, order, extreme, dtype
):
    # The lowest atom needs the mass of the whole union only, which other samples keep away from 0.
    lowest = "{" + "}{".join(lattice.sources) + "}"
    gamma = dense_pid.weights_in_order({lowest: 1.0}, order)
    bins = dense_pid.cells(3, len(lattice.sources)).T
    theta = random(bins.shape[1], seed=30, low=0.2, high=0.8)
    theta[4] = extreme
    almost = theta.clone()
    almost[4] = abs(extreme - 1e-9)

    found = sparse_gradient(bins, theta, gamma, lattice, dtype)

    assert error(found, dense(bins, almost, gamma, order)[1]) <= TOLERANCE[dtype]


@DTYPES
@SOURCES
@pytest.mark.parametrize(
    "theta",
    [
        torch.zeros(12),
        torch.ones(12),
        torch.arange(12) % 2,
        torch.tensor([1e-45] + [0.0] * 11),
        torch.full((12,), 1e-45),
        torch.tensor([1 - 2**-24] + [1.0] * 11),
    ],
    ids=["never", "always", "sure either way", "almost never once", "almost never", "almost always once"],
)
def test_gradient_and_terms_are_finite_for_sure_outputs(lattice, order, theta, dtype):
    bins = random_bins(len(lattice.sources), 12, symbols=[0, 1, 2], seed=31)
    gamma = random(len(order) + 1, seed=32, low=-1, high=1)

    gradient = sparse_gradient(bins, theta, gamma, lattice, dtype)
    terms = atoms(bins.unsqueeze(1), theta.to(dtype).unsqueeze(0), lattice)

    assert gradient.isfinite().all()
    assert terms.isfinite().all()


@DTYPES
@SOURCES
@pytest.mark.parametrize("theta", [0.0, 1.0], ids=["never", "always"])
def test_an_output_that_never_changes_has_no_terms(lattice, order, theta, dtype):
    bins = random_bins(len(lattice.sources), 12, symbols=[0, 1, 2], seed=33)

    terms = atoms(bins.unsqueeze(1), torch.full((1, 12), theta, dtype=dtype), lattice)

    assert float(terms.abs().max()) <= TOLERANCE[dtype]


@DTYPES
@pytest.mark.parametrize("nearly", [2.0**-17, 1 - 2.0**-17], ids=["never", "always"])
def test_a_neuron_almost_sure_of_every_sample_keeps_its_gradient(nearly, dtype):
    # The output layer's probabilities reach 1 − 1e-6, where float32 has two digits of 1 − θ left.
    bins = random_bins(3, 60, symbols=[0, 1, 2], seed=33)
    theta = nearly + torch.randint(-120, 121, (60,), generator=torch.Generator().manual_seed(34)) * 2.0**-24
    gamma = random(19, seed=35, low=-1, high=1)

    found = sparse_gradient(bins, theta, gamma, TRIVARIATE, dtype)

    assert error(found, dense(bins, theta, gamma, dense_pid.TRIVARIATE_ORDER)[1]) <= TOLERANCE[dtype] / 10
