"""What the information terms and their gradient must not depend on, and how they must move."""

from collections import Counter
from itertools import combinations
from math import log2

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.goal import BIVARIATE, TRIVARIATE
from model.lattice import Lattice, parse_antichain, precedes
from model.pid import atoms, goal_gradient, redundancies

FOUR = Lattice.of("1234")
LATTICES = pytest.mark.parametrize(
    "lattice", [BIVARIATE, TRIVARIATE, FOUR], ids=["2 sources", "3 sources", "4 sources"]
)

quick = settings(max_examples=25, deadline=None)
"""No deadline: the machine may be busy."""

seeds = st.integers(0, 2**31)
sample_counts = st.integers(1, 40)
symbol_counts = st.integers(1, 20)


@pytest.fixture(
    autouse=True, scope="module", params=[torch.float64, torch.float32], ids=["torch backend", "compiled backend"]
)
def dtype(request):
    """Every test holds for float64, which the torch backend computes, and for float32, which the compiled one does."""
    torch.set_default_dtype(request.param)
    yield request.param
    torch.set_default_dtype(torch.float32)


def problem(lattice, seed, n_samples, n_symbols):
    """Bins (source, 1, sample), θ (1, sample), some of it exactly 0 or 1, and a goal (1, term)."""
    generator = torch.Generator().manual_seed(seed)
    bins = torch.randint(n_symbols, (len(lattice.sources), 1, n_samples), generator=generator)
    theta = (1.2 * torch.rand(1, n_samples, generator=generator) - 0.1).clamp(0, 1)
    gamma = 2 * torch.rand(1, len(lattice.antichains) + 1, generator=generator) - 1
    return bins, theta, gamma


def rounding():
    """How far terms may be off, in bits."""
    return 1e-9 if torch.get_default_dtype() == torch.float64 else 2e-6


def assert_same(found, expected):
    """Gradients alike but for rounding, which goes with the largest of a neuron."""
    largest = expected.abs().amax(dim=-1, keepdim=True).clamp(min=0.01)
    assert float(((found - expected) / largest).abs().max()) <= 500 * rounding()


def assert_same_terms(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=rounding())


def by_name(lattice, bins, theta, function=atoms):
    """Atoms or redundancies by the antichains they belong to."""
    return dict(zip(lattice.antichains, function(bins, theta, lattice)[0].tolist(), strict=False))


def entropy(masses):
    """−Σ p log2 p of masses that add up to what p is a share of."""
    whole = sum(masses)
    return -sum(m / whole * log2(m / whole) for m in masses if m > 0)


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
    assert_same_terms(atoms(bins[..., order], theta[:, order], lattice), atoms(bins, theta, lattice))


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_renaming_a_sources_symbols_changes_nothing(lattice, seed, n_samples, n_symbols):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)
    generator = torch.Generator().manual_seed(seed)
    renamed = torch.stack([torch.randperm(20, generator=generator)[source] for source in bins])

    found = goal_gradient(renamed, theta, gamma, lattice)

    assert_same(found, goal_gradient(bins, theta, gamma, lattice))
    assert_same_terms(atoms(renamed, theta, lattice), atoms(bins, theta, lattice))


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts, copies=st.integers(2, 4))
def test_repeating_the_batch_leaves_the_terms_and_divides_the_gradient(lattice, seed, n_samples, n_symbols, copies):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)
    theta = theta.clamp(0.001, 0.999)  # where an output is sure in all of a cell, the gradient has no limit to compare

    found = goal_gradient(bins.repeat(1, 1, copies), theta.repeat(1, copies), gamma, lattice)

    # B times the gradient stays: a sample's share of the batch is 1 / B.
    assert_same(copies * found, goal_gradient(bins, theta, gamma, lattice).repeat(1, copies))
    assert_same_terms(atoms(bins.repeat(1, 1, copies), theta.repeat(1, copies), lattice), atoms(bins, theta, lattice))


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_inverting_the_output_leaves_the_terms_and_turns_the_gradient_round(lattice, seed, n_samples, n_symbols):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)

    found = goal_gradient(bins, 1 - theta, gamma, lattice)

    assert_same(found, -goal_gradient(bins, theta, gamma, lattice))
    assert_same_terms(atoms(bins, 1 - theta, lattice), atoms(bins, theta, lattice))


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts, order=st.permutations(range(4)))
def test_exchanging_sources_exchanges_their_atoms(lattice, seed, n_samples, n_symbols, order):
    bins, theta, gamma = problem(lattice, seed, n_samples, n_symbols)
    order = [source for source in order if source < len(lattice.sources)]
    renamed = str.maketrans(lattice.sources, "".join(lattice.sources[source] for source in order))
    antichains = [parse_antichain(name.translate(renamed)) for name in lattice.names]
    terms = [*(lattice.antichains.index(antichain) for antichain in antichains), len(antichains)]

    found = atoms(bins[order], theta, lattice)

    assert_same_terms(found, atoms(bins, theta, lattice)[:, terms])
    goal = torch.empty_like(gamma)
    goal[:, terms] = gamma
    assert_same(goal_gradient(bins[order], theta, gamma, lattice), goal_gradient(bins, theta, goal, lattice))


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
    largest = parts[0].abs().max() + parts[1].abs().max()
    assert float((found - parts[0] - factor * parts[1]).abs().max() / largest) <= 500 * rounding()


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_all_information_and_the_residual_lie_between_nothing_and_one_bit(lattice, seed, n_samples, n_symbols):
    bins, theta, _ = problem(lattice, seed, n_samples, n_symbols)

    terms = atoms(bins, theta, lattice)[0]

    assert -rounding() <= terms[:-1].sum() <= 1 + rounding()
    assert -rounding() <= terms[-1] <= 1 + rounding()


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_all_terms_add_up_to_the_entropy_of_the_output(lattice, seed, n_samples, n_symbols):
    bins, theta, _ = problem(lattice, seed, n_samples, n_symbols)

    total = float(atoms(bins, theta, lattice).double().sum())

    fired = theta[0].double().tolist()
    assert total == pytest.approx(entropy([sum(fired), sum(1 - chance for chance in fired)]), abs=rounding())


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_a_redundancy_is_the_sum_of_the_atoms_below_it(lattice, seed, n_samples, n_symbols):
    bins, theta, _ = problem(lattice, seed, n_samples, n_symbols)

    single, shared = by_name(lattice, bins, theta), by_name(lattice, bins, theta, redundancies)

    for alpha in lattice.antichains[:: 1 + len(lattice.antichains) // 20]:
        below = sum(single[beta] for beta in lattice.antichains if precedes(beta, alpha))
        assert shared[alpha] == pytest.approx(below, abs=5 * rounding())


@LATTICES
@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_what_one_collection_shares_with_itself_is_its_mutual_information(lattice, seed, n_samples, n_symbols):
    bins, theta, _ = problem(lattice, seed, n_samples, n_symbols)

    shared = by_name(lattice, bins, theta, redundancies)

    for members in (m for n in range(len(bins)) for m in combinations(range(len(bins)), n + 1)):
        joint = Counter()
        for symbols, chance in zip(bins[list(members), 0].T.tolist(), theta[0].double().tolist(), strict=True):
            joint[*symbols, 1] += chance
            joint[*symbols, 0] += 1 - chance
        sources, output = Counter(), Counter()
        for (*symbols, y), mass in joint.items():
            sources[tuple(symbols)] += mass
            output[y] += mass
        information = entropy(sources.values()) + entropy(output.values()) - entropy(joint.values())
        collection = frozenset(lattice.sources[member] for member in members)
        assert shared[frozenset({collection})] == pytest.approx(information, abs=rounding())


@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_a_copy_of_a_source_stands_beside_it_in_every_atom(seed, n_samples, n_symbols):
    bins, theta, _ = problem(TRIVARIATE, seed, n_samples, n_symbols)
    with_copy = torch.cat([bins, bins[:1]])

    found = by_name(Lattice.of("FCLX"), with_copy, theta)

    for antichain, atom in by_name(TRIVARIATE, bins, theta).items():
        copied = {frozenset("X" if source == "F" else source for source in collection) for collection in antichain}
        assert found.pop(antichain | copied) == pytest.approx(atom, abs=rounding())
    assert max(map(abs, found.values())) <= rounding()


@quick
@given(seed=seeds, n_samples=sample_counts, n_symbols=symbol_counts)
def test_a_constant_source_has_no_atom_and_changes_none(seed, n_samples, n_symbols):
    bins, theta, _ = problem(TRIVARIATE, seed, n_samples, n_symbols)
    with_constant = torch.cat([bins, torch.full_like(bins[:1], 7)])

    found = by_name(Lattice.of("FCLX"), with_constant, theta)

    for antichain, atom in by_name(TRIVARIATE, bins, theta).items():
        assert found.pop(antichain) == pytest.approx(atom, abs=rounding())
    assert max(map(abs, found.values())) <= rounding()
