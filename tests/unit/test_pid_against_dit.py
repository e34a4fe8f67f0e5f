"""Atoms against `dit`'s shared-exclusion decomposition, and against values worked out by hand or published.

A joint distribution p(s, y) with rational probabilities becomes a batch exactly: each s as many times as its numerator
says, each time with θ = p(y = 1 | s).
"""

from fractions import Fraction
from functools import cached_property
from itertools import product
from math import lcm, log2

import dit
import numpy as np
import pytest
import torch
from dit.pid import PID_SX

from model.goal import BIVARIATE, TRIVARIATE
from model.lattice import Lattice
from model.pid import atoms, redundancies, torch_backend
from tests.reference import dense_pid

TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4}
"""Largest error, relative to the case's largest atom (or redundancy) by absolute value."""

DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])

FOUR = Lattice.of("1234")

Joint = dict[tuple[int, ...], Fraction]
"""Probability of each (s_1, ..., s_k, y)."""


def gate(n_sources, output) -> Joint:
    """Y = output(s) for independent uniform binary sources."""
    inputs = product((0, 1), repeat=n_sources)
    return {(*s, int(output(*s))): Fraction(1, 2**n_sources) for s in inputs}


def given(sources, output) -> Joint:
    """Y = output(s) for sources that are uniform over the listed s."""
    return {(*s, int(output(*s))): Fraction(1, len(sources)) for s in sources}


def random_joint(n_sources, n_bins, n_cells, seed) -> Joint:
    """Integer weights from 1 to 7 on some of the cells, divided by their sum."""
    generator = np.random.default_rng(seed)
    cells = generator.permutation(list(product(*[range(n_bins)] * n_sources, (0, 1))))[:n_cells].tolist()
    weights = generator.integers(1, 8, n_cells).tolist()
    return {tuple(cell): Fraction(w, sum(weights)) for cell, w in zip(cells, weights, strict=True)}


def as_batch(joint, dtype):
    """Bins (source, 1, sample) and θ (1, sample)."""
    marginal = {}
    for cell, probability in joint.items():
        marginal[cell[:-1]] = marginal.get(cell[:-1], 0) + probability
    size = lcm(*(probability.denominator for probability in marginal.values()))
    samples = [s for s, probability in marginal.items() for _ in range(int(probability * size))]
    theta = [float(joint.get((*s, 1), Fraction(0)) / marginal[s]) for s in samples]
    return torch.tensor(samples).T.unsqueeze(1).contiguous(), torch.tensor([theta], dtype=dtype)


def of_dit(joint, order):
    """Atoms and redundancies by `dit`, in an order of names."""
    symbols = ["".join(map(str, cell)) for cell in joint]
    # A distribution works out its outcomes anew whenever it is asked, which for four sources takes minutes.
    outcomes = cached_property(dit.Distribution.outcomes.fget)
    outcomes.__set_name__(dit.Distribution, "outcomes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dit.Distribution, "outcomes", outcomes)
        decomposition = PID_SX(dit.Distribution(symbols, [float(p) for p in joint.values()]))
    nodes = [tuple(sorted((tuple(sorted(c)) for c in dense_pid.named(n)), key=lambda c: (len(c), c))) for n in order]
    return (
        torch.tensor([decomposition.get_pi(node) for node in nodes], dtype=torch.float64),
        torch.tensor([decomposition.get_red(node) for node in nodes], dtype=torch.float64),
    )


def lattice_of(joint) -> tuple[Lattice, tuple[str, ...]]:
    n_sources = len(next(iter(joint))) - 1
    return {
        2: (BIVARIATE, dense_pid.BIVARIATE_ORDER),
        3: (TRIVARIATE, dense_pid.TRIVARIATE_ORDER),
        4: (FOUR, FOUR.names),
    }[n_sources]


def error(found, expected):
    """Largest absolute difference, relative to the largest expected value."""
    return float((found.double() - expected).abs().max() / expected.abs().max())


CASES = {
    "xor": gate(2, lambda a, b: a ^ b),
    "and": gate(2, lambda a, b: a & b),
    "or": gate(2, lambda a, b: a | b),
    "redundant": given([(0, 0), (1, 1)], lambda a, _: a),
    "unique": gate(2, lambda a, _: a),
    "noisy copy": {(a, b, y): Fraction(3 if a == y else 1, 16) for a, b, y in product((0, 1), repeat=3)},
    "one silent source": given([(0, 0), (1, 0), (2, 0)], lambda a, _: a > 0),
    "parity of three": gate(3, lambda a, b, c: a ^ b ^ c),
    "redundant in three": given([(0, 0, 0), (1, 1, 1)], lambda a, *_: a),
    "sources that are each other's xor": given([(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)], lambda a, *_: a),
    **{f"random, 2 sources, {seed}": random_joint(2, 4, 16, seed) for seed in range(3)},
    **{f"random, 3 sources, {seed}": random_joint(3, 2, 8, seed) for seed in range(2)},
    "random, 3 sources of 3 symbols": random_joint(3, 3, 8, 3),
    "parity of four": gate(4, lambda a, b, c, d: a ^ b ^ c ^ d),
    "redundant in four": given([(0, 0, 0, 0), (1, 1, 1, 1)], lambda a, *_: a),
    "unique in four": gate(4, lambda a, *_: a),
    "random, 4 sources": random_joint(4, 2, 12, 4),
    "random, 4 sources of 3 symbols": random_joint(4, 3, 8, 5),
}


@pytest.fixture(
    autouse=True,
    params=[(atoms, redundancies), (torch_backend.atoms, torch_backend.redundancies)],
    ids=["chosen backend", "torch backend"],
)
def every_backend(request, monkeypatch):
    """Every test holds for the backend that is chosen (the compiled one for float32), and for the torch backend."""
    for name, function in zip(("atoms", "redundancies"), request.param, strict=True):
        monkeypatch.setitem(globals(), name, function)


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def case(request):
    lattice, order = lattice_of(request.param)
    return request.param, lattice, *of_dit(request.param, order)


@DTYPES
def test_atoms_are_those_of_dit(case, dtype):
    joint, lattice, expected, _ = case
    bins, theta = as_batch(joint, dtype)

    found = atoms(bins, theta, lattice)[0, :-1]

    assert error(found, expected) <= TOLERANCE[dtype]


@DTYPES
def test_redundancies_are_those_of_dit(case, dtype):
    joint, lattice, _, expected = case
    bins, theta = as_batch(joint, dtype)

    found = redundancies(bins, theta, lattice)[0]

    assert error(found, expected) <= TOLERANCE[dtype]


@DTYPES
@pytest.mark.parametrize(
    ("name", "unique_1", "unique_2", "redundant", "synergistic"),
    [
        # Makkeh et al. 2021: XOR shares log2(2/3) = −0.585 bits; its sources alone know nothing.
        ("xor", log2(3 / 2), log2(3 / 2), log2(2 / 3), 1 - log2(3 / 2)),
        ("redundant", 0, 0, 1, 0),
        # I∩({1}{2}) = log2( (1/2) / (3/4 · 1/2) ) = log2(4/3) at every realisation.
        ("unique", 1 - log2(4 / 3), -log2(4 / 3), log2(4 / 3), log2(4 / 3)),
    ],
)
def test_atoms_of_two_sources_are_those_by_hand(name, unique_1, unique_2, redundant, synergistic, dtype):
    bins, theta = as_batch(CASES[name], dtype)

    found = atoms(bins, theta, BIVARIATE)[0]

    expected = torch.tensor([unique_1, unique_2, redundant, synergistic, 0], dtype=torch.float64)
    assert error(found, expected) <= TOLERANCE[dtype]


@DTYPES
def test_redundancies_of_the_and_gate_are_those_by_hand(dtype):
    bins, theta = as_batch(CASES["and"], dtype)

    found = redundancies(bins, theta, BIVARIATE)[0]

    # Pointwise {1}{2}: (0,0) and (1,1) log2(4/3), (0,1) and (1,0) log2(8/9).
    alone = log2(4 / 3) / 2 + log2(2 / 3) / 4 + 1 / 4
    together = log2(4 / 3) * 3 / 4 + 2 / 4  # H(Y) = h(1/4)
    expected = torch.tensor([alone, alone, (log2(4 / 3) + log2(8 / 9)) / 2, together], dtype=torch.float64)
    assert error(found, expected) <= TOLERANCE[dtype]


@DTYPES
def test_redundancies_of_the_parity_of_three_are_those_by_hand(dtype):
    bins, theta = as_batch(CASES["parity of three"], dtype)

    found = redundancies(bins, theta, TRIVARIATE)[0]

    # Of the cells in the union (out of 8), the share with the same parity, over p(y) = 1/2.
    by_shape = {
        "{F}{C}{L}": log2(4 / 7 * 2),
        "{F}{C}": log2(3 / 6 * 2),
        "{F}{CL}": log2(2 / 5 * 2),
        "{F}": 0,
        "{FC}{FL}{CL}": log2(1 / 4 * 2),
        "{FC}{FL}": log2(1 / 3 * 2),
        "{FC}": log2(1 / 2 * 2),
        "{FCL}": 1,
    }
    sizes = {tuple(sorted(map(len, dense_pid.named(name)))): value for name, value in by_shape.items()}
    expected = [sizes[tuple(sorted(map(len, dense_pid.named(name))))] for name in dense_pid.TRIVARIATE_ORDER]
    assert error(found, torch.tensor(expected, dtype=torch.float64)) <= TOLERANCE[dtype]


@DTYPES
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # All but the cell with every source turned round, which has the same parity: 7 of 15.
        ("{1}{2}{3}{4}", log2(7 / 15 * 2)),
        ("{1}{2}{3}", 0),
        ("{1}", 0),
        # Cells that agree in the first two or in the last two: 7, of which 3 have the same parity.
        ("{12}{34}", log2(3 / 7 * 2)),
        ("{123}{124}", log2(1 / 3 * 2)),
        ("{123}{124}{134}{234}", log2(1 / 5 * 2)),
        ("{1234}", 1),
    ],
)
def test_redundancies_of_the_parity_of_four_are_those_by_hand(name, expected, dtype):
    bins, theta = as_batch(CASES["parity of four"], dtype)

    found = redundancies(bins, theta, FOUR)[0, FOUR.names.index(name)]

    assert float(found) == pytest.approx(expected, abs=TOLERANCE[dtype])


@DTYPES
@pytest.mark.parametrize(("name", "others"), [("{1}", 0), ("{1}{2}", 1), ("{1}{3}{4}", 2), ("{1}{2}{3}{4}", 3)])
def test_redundancies_with_a_source_that_the_output_copies_are_those_by_hand(name, others, dtype):
    bins, theta = as_batch(CASES["unique in four"], dtype)

    found = redundancies(bins, theta, FOUR)[0, FOUR.names.index(name)]

    # The union leaves out no cell of the same output, and of the rest those that agree in none of the other sources.
    assert float(found) == pytest.approx(-log2(1 - 2.0 ** -(others + 1)), abs=TOLERANCE[dtype])


@DTYPES
def test_four_sources_that_are_all_the_output_share_all_of_it(dtype):
    bins, theta = as_batch(CASES["redundant in four"], dtype)

    found = atoms(bins, theta, FOUR)[0]

    expected = [float(name == "{1}{2}{3}{4}") for name in FOUR.names]
    assert error(found, torch.tensor([*expected, 0], dtype=torch.float64)) <= TOLERANCE[dtype]


@DTYPES
def test_nothing_is_known_of_an_independent_output(dtype):
    bins, theta = as_batch({(*s, y): Fraction(1, 32) for s in product((0, 1), repeat=4) for y in (0, 1)}, dtype)

    found = atoms(bins, theta, FOUR)[0]

    assert error(found, torch.tensor([0] * 166 + [1], dtype=torch.float64)) <= TOLERANCE[dtype]


@DTYPES
def test_the_residual_entropy_is_the_noise_no_source_explains(dtype):
    bins, theta = as_batch(CASES["noisy copy"], dtype)

    found = atoms(bins, theta, BIVARIATE)[0, -1]

    # Y copies the first source with probability 3/4: H(Y | S) = h(1/4).
    assert float(found) == pytest.approx(2 - 3 / 4 * log2(3), rel=TOLERANCE[dtype])
