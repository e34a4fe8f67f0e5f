"""The redundancy lattice: counts and order from the literature, matrices by hand."""

import numpy as np
import pytest

from model.goal import BIVARIATE, BIVARIATE_ATOMS, TRIVARIATE, TRIVARIATE_ATOMS
from model.lattice import Lattice, antichains, collections, parse_antichain, precedes
from tests.reference import dense_pid

LATTICES = pytest.mark.parametrize("lattice", [BIVARIATE, TRIVARIATE], ids=["bivariate", "trivariate"])


def named(lattice: Lattice, antichain) -> str:
    """The name of an antichain, its collections in the order of the lattice's collections."""
    return "".join(
        "{" + "".join(sorted(c, key=lattice.sources.index)) + "}" for c in lattice.collections if c in antichain
    )


@pytest.mark.parametrize(("sources", "count"), [("1", 1), ("12", 4), ("FCL", 18), ("ABCD", 166)])
def test_the_number_of_antichains_is_the_dedekind_number_less_two(sources, count):
    found = antichains(sources)

    assert len(found) == count
    assert len(set(found)) == count


@pytest.mark.parametrize("sources", ["12", "FCL"])
def test_the_antichains_are_those_found_by_trying_every_set_of_collections(sources):
    found = antichains(sources)

    numbered = {frozenset(frozenset(map(sources.index, c)) for c in antichain) for antichain in found}
    assert numbered == set(dense_pid.antichains(len(sources)))


def test_no_collection_of_an_antichain_contains_another():
    found = antichains("ABCD")

    assert not any(a < b for antichain in found for a in antichain for b in antichain)


def test_collections_come_small_ones_first():
    names = ["".join(sorted(c, key="FCL".index)) for c in collections("FCL")]

    assert names == ["F", "C", "L", "FC", "FL", "CL", "FCL"]


@pytest.mark.parametrize(
    ("lower", "upper"),
    [("{F}{C}{L}", "{F}{C}"), ("{F}{C}", "{F}"), ("{F}{CL}", "{FC}{FL}{CL}"), ("{F}", "{FC}"), ("{C}", "{FC}{CL}")],
)
def test_a_lower_antichain_precedes_a_higher_one_and_not_the_reverse(lower, upper):
    alpha, beta = parse_antichain(lower), parse_antichain(upper)

    assert precedes(alpha, beta)
    assert not precedes(beta, alpha)


@pytest.mark.parametrize(("one", "other"), [("{F}", "{C}"), ("{F}", "{CL}"), ("{F}{C}", "{L}"), ("{FC}", "{FL}{CL}")])
def test_incomparable_antichains_do_not_precede_each_other(one, other):
    alpha, beta = parse_antichain(one), parse_antichain(other)

    assert not precedes(alpha, beta)
    assert not precedes(beta, alpha)


def test_the_order_is_partial():
    order = np.array([[precedes(a, b) for b in antichains("FCL")] for a in antichains("FCL")])

    assert order.diagonal().all()
    assert not (order & order.T & ~np.eye(18, dtype=bool)).any()  # antisymmetric
    assert not ((order.astype(int) @ order > 0) & ~order).any()  # transitive


def test_all_singles_are_the_bottom_and_the_full_collection_the_top():
    bottom, top = parse_antichain("{F}{C}{L}"), parse_antichain("{FCL}")

    assert all(precedes(bottom, antichain) and precedes(antichain, top) for antichain in antichains("FCL"))


def test_the_order_of_the_atoms_is_the_published_one():
    assert dense_pid.TRIVARIATE_ORDER == TRIVARIATE_ATOMS
    assert dense_pid.BIVARIATE_ORDER == BIVARIATE_ATOMS


@pytest.mark.parametrize(
    ("lattice", "names"),
    [(BIVARIATE, BIVARIATE_ATOMS), (TRIVARIATE, TRIVARIATE_ATOMS)],
    ids=["bivariate", "trivariate"],
)
def test_names_survive_the_round_trip(lattice, names):
    assert tuple(named(lattice, parse_antichain(name)) for name in names) == names


def test_a_name_stands_for_its_set_of_collections():
    assert parse_antichain("{F}{CL}") == frozenset({frozenset("F"), frozenset("CL")})
    assert parse_antichain("{F}{CL}") == parse_antichain("{LC}{F}")


@pytest.mark.parametrize(
    "names",
    [
        TRIVARIATE_ATOMS[:-1],
        (*TRIVARIATE_ATOMS[:-1], "{F}"),
        (*TRIVARIATE_ATOMS, "{FCL}"),
        (*TRIVARIATE_ATOMS[:-1], "{F}{FCL}"),
        (*TRIVARIATE_ATOMS[:-1], "{FCX}"),
        (*TRIVARIATE_ATOMS[:-1], "{}"),
        (),
    ],
    ids=["one missing", "one replaced", "one twice", "not an antichain", "unknown source", "no source", "none"],
)
def test_names_that_are_not_the_antichains_each_once_are_refused(names):
    with pytest.raises(ValueError, match="are not the antichains of the sources 'FCL'"):
        Lattice.in_order("FCL", names)


def test_inclusion_exclusion_of_two_sources_is_the_one_by_hand():
    # P(S1 = s1 or S2 = s2) = p(s1) + p(s2) − p(s1, s2); columns 1, 2, 12.
    expected = [[1, 0, 0], [0, 1, 0], [1, 1, -1], [0, 0, 1]]

    assert BIVARIATE.inclusion_exclusion.tolist() == expected


def test_inclusion_exclusion_of_three_sources_has_the_published_size():
    matrix = TRIVARIATE.inclusion_exclusion

    assert matrix.shape == (18, 7)
    assert np.count_nonzero(matrix) == 45


@pytest.mark.parametrize(
    ("name", "row"),  # columns F, C, L, FC, FL, CL, FCL
    [
        ("{F}{C}{L}", [1, 1, 1, -1, -1, -1, 1]),
        ("{F}{CL}", [1, 0, 0, 0, 0, 1, -1]),
        ("{FC}{FL}{CL}", [0, 0, 0, 1, 1, 1, -2]),
        ("{FC}{FL}", [0, 0, 0, 1, 1, 0, -1]),
        ("{L}", [0, 0, 1, 0, 0, 0, 0]),
    ],
)
def test_inclusion_exclusion_rows_are_those_by_hand(name, row):
    assert TRIVARIATE.inclusion_exclusion[TRIVARIATE_ATOMS.index(name)].tolist() == row


def test_moebius_inversion_of_two_sources_is_the_one_by_hand():
    # Π{1} = I{1} − I{1}{2}; Π{2} likewise; Π{12} = I{12} − I{1} − I{2} + I{1}{2}; order {1}, {2}, {1}{2}, {12}.
    expected = [[1, 0, -1, 0], [0, 1, -1, 0], [0, 0, 1, 0], [-1, -1, 1, 1]]

    assert BIVARIATE.moebius.tolist() == expected


@LATTICES
def test_the_moebius_matrix_undoes_the_sum_over_lower_atoms(lattice):
    zeta = np.array([[precedes(b, a) for b in lattice.antichains] for a in lattice.antichains], dtype=int)

    assert (zeta @ lattice.moebius == np.eye(len(zeta))).all()
    assert (lattice.moebius @ zeta == np.eye(len(zeta))).all()


def test_the_inversion_is_exact_for_four_sources():
    lattice = Lattice("ABCD", antichains("ABCD"))
    zeta = np.array([[precedes(b, a) for b in lattice.antichains] for a in lattice.antichains], dtype=int)

    assert (zeta @ lattice.moebius == np.eye(166)).all()
