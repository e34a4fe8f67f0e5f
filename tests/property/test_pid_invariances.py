"""What the information terms and their gradient must not depend on, and how they must move."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.goal import BIVARIATE, TRIVARIATE, TRIVARIATE_ATOMS
from model.lattice import parse_antichain
from model.pid import atoms, goal_gradient

LATTICES = pytest.mark.parametrize("lattice", [BIVARIATE, TRIVARIATE], ids=["bivariate", "trivariate"])

quick = settings(max_examples=25, deadline=None)
"""No deadline: the machine may be busy."""

seeds = st.integers(0, 2**31)
sample_counts = st.integers(1, 40)
symbol_counts = st.integers(1, 20)


def problem(lattice, seed, n_samples, n_symbols):
    """Bins (source, 1, sample), θ (1, sample), some of it exactly 0 or 1, and a goal (1, term)."""
    generator = torch.Generator().manual_seed(seed)
    bins = torch.randint(n_symbols, (len(lattice.sources), 1, n_samples), generator=generator)
    theta = (1.2 * torch.rand(1, n_samples, generator=generator, dtype=torch.float64) - 0.1).clamp(0, 1)
    gamma = 2 * torch.rand(1, len(lattice.antichains) + 1, generator=generator, dtype=torch.float64) - 1
    return bins, theta, gamma


def assert_same(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_gradient_and_terms_are_finite(lattice, seed, n_samples, n_symbols):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)

    gradient, terms = goal_gradient(bins, theta, gamma, lattice), atoms(bins, theta, lattice)

    assert gradient.isfinite().all()
    assert terms.isfinite().all()


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_permuting_the_samples_permutes_the_gradient(lattice, seed, n_samples, n_symbols):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)
    order = torch.randperm(n_samples, generator=torch.Generator().manual_seed(seed))

    found = goal_gradient(bins[..., order], theta[:, order], gamma, lattice)

    assert_same(found, goal_gradient(bins, theta, gamma, lattice)[:, order])
    assert_same(atoms(bins[..., order], theta[:, order], lattice), atoms(bins, theta, lattice))


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_renaming_a_sources_symbols_changes_nothing(lattice, seed, n_samples, n_symbols):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)
    generator = torch.Generator().manual_seed(seed)
    renamed = torch.stack([torch.randperm(20, generator=generator)[source] for source in bins])

    found = goal_gradient(renamed, theta, gamma, lattice)

    assert_same(found, goal_gradient(bins, theta, gamma, lattice))
    assert_same(atoms(renamed, theta, lattice), atoms(bins, theta, lattice))


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts, copies=st.integers(2, 4))
def test_repeating_the_batch_leaves_the_terms_and_divides_the_gradient(lattice, seed, n_samples, n_symbols, copies):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)
    theta = theta.clamp(0.001, 0.999)  # where an output is sure in all of a cell, the gradient has no limit to compare

    found = goal_gradient(bins.repeat(1, 1, copies), theta.repeat(1, copies), gamma, lattice)

    # B times the gradient stays: a sample's share of the batch is 1 / B.
    assert_same(copies * found, goal_gradient(bins, theta, gamma, lattice).repeat(1, copies))
    assert_same(atoms(bins.repeat(1, 1, copies), theta.repeat(1, copies), lattice), atoms(bins, theta, lattice))


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_inverting_the_output_leaves_the_terms_and_turns_the_gradient_round(lattice, seed, n_samples, n_symbols):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)

    found = goal_gradient(bins, 1 - theta, gamma, lattice)

    assert_same(found, -goal_gradient(bins, theta, gamma, lattice))
    assert_same(atoms(bins, 1 - theta, lattice), atoms(bins, theta, lattice))


@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts, swap=st.sampled_from(["FC", "FL", "CL"]))
def test_swapping_two_sources_swaps_their_atoms(seed, n_samples, n_symbols, swap):
    bins, theta, gamma = problem(TRIVARIATE, seed, n_samples, n_symbols)
    exchanged = str.maketrans(swap, swap[::-1])
    sources = ["FCL".index(source) for source in "FCL".translate(exchanged)]
    antichains = [parse_antichain(name) for name in TRIVARIATE_ATOMS]
    terms = [*(antichains.index(parse_antichain(name.translate(exchanged))) for name in TRIVARIATE_ATOMS), 18]

    found = atoms(bins[sources], theta, TRIVARIATE)

    assert_same(found, atoms(bins, theta, TRIVARIATE)[:, terms])
    assert_same(
        goal_gradient(bins[sources], theta, gamma, TRIVARIATE), goal_gradient(bins, theta, gamma[:, terms], TRIVARIATE)
    )


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_neurons_do_not_feel_each_other(lattice, seed, n_samples, n_symbols):
    one, other = (problem(lattice, s, n_samples, n_symbols) for s in (seed, seed + 1))
    bins, theta, gamma = (
        torch.cat(pair, dim=dim) for pair, dim in zip(zip(one, other, strict=True), (1, 0, 0), strict=True)
    )

    found = goal_gradient(bins, theta, gamma, lattice)

    assert_same(found, torch.cat([goal_gradient(*one, lattice), goal_gradient(*other, lattice)]))


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts, factor=st.floats(-1, 1))
def test_the_gradient_is_linear_in_the_goal(lattice, seed, n_samples, n_symbols, factor):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)
    other = gamma.flip(1)

    found = goal_gradient(bins, theta, gamma + factor * other, lattice)

    parts = [goal_gradient(bins, theta, goal, lattice) for goal in (gamma, other)]
    torch.testing.assert_close(found, parts[0] + factor * parts[1], rtol=1e-9, atol=1e-8)


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_all_information_and_the_residual_lie_between_nothing_and_one_bit(lattice, seed, n_samples, n_symbols):
    bins, theta, _ = problem(lattice, seed, n_samples, n_symbols)

    terms = atoms(bins, theta, lattice)[0]

    assert -1e-12 <= terms[:-1].sum() <= 1 + 1e-12
    assert -1e-12 <= terms[-1] <= 1 + 1e-12
