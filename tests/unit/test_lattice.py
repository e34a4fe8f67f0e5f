"""The redundancy lattice: counts and order from the literature, matrices by hand."""

import numpy as np
import pytest

from model.goal import BIVARIATE, BIVARIATE_ATOMS, TRIVARIATE, TRIVARIATE_ATOMS
from model.lattice import Lattice, antichains, collections, parse_antichain, precedes
from tests.reference import dense_pid

FOUR = Lattice.of("FCLX")
LATTICES = pytest.mark.parametrize(
    "lattice", [BIVARIATE, TRIVARIATE, FOUR], ids=["2 sources", "3 sources", "4 sources"]
)


def zeta(lattice):
    """1 where β ≼ α, (α, β), from the definition of the order."""
    return np.array([[precedes(beta, alpha) for beta in lattice.antichains] for alpha in lattice.antichains], dtype=int)


@pytest.mark.parametrize(("sources", "count"), [("1", 1), ("12", 4), ("FCL", 18), ("ABCD", 166)])
def test_the_number_of_antichains_is_the_dedekind_number_less_two(sources, count):
    found = antichains(sources)

    assert len(found) == count
    assert len(set(found)) == count


@pytest.mark.parametrize("sources", ["12", "FCL", "FCLX"])
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
def test_published_names_survive_the_round_trip(lattice, names):
    assert lattice.names == names


def test_a_lattice_of_any_sources_stands_for_its_names():
    assert Lattice.in_order("FCLX", FOUR.names) == FOUR
    assert len(set(FOUR.names)) == 166


def test_antichains_come_after_all_lower_ones():
    order = zeta(FOUR)

    assert (np.tril(order) == order).all()


def test_antichains_are_in_the_order_by_hand():
    # How many of the 15 collections contain one of theirs: 15, 14 (all but the missing one), 13, 12.
    expected = [
        *("{F}{C}{L}{X}", "{F}{C}{L}", "{F}{C}{X}", "{F}{L}{X}", "{C}{L}{X}"),
        *("{F}{C}{LX}", "{F}{L}{CX}", "{F}{X}{CL}", "{C}{L}{FX}", "{C}{X}{FL}", "{L}{X}{FC}"),
        *("{F}{C}", "{F}{L}", "{F}{X}", "{F}{CL}{CX}{LX}", "{C}{L}"),
    ]

    assert list(FOUR.names[: len(expected)]) == expected
    assert FOUR.names[-5:] == ("{FCL}", "{FCX}", "{FLX}", "{CLX}", "{FCLX}")


def test_the_order_of_three_sources_is_the_published_one():
    assert Lattice.of("FCL") == TRIVARIATE


@LATTICES
def test_the_top_is_the_collection_of_all_sources(lattice):
    assert lattice.antichains[lattice.top] == parse_antichain("{" + lattice.sources + "}")


@pytest.mark.parametrize("sources", ["", "F", "FF", "FCLF"])
@pytest.mark.parametrize("make", [Lattice.of, lambda sources: Lattice.in_order(sources, ["{F}"])])
def test_sources_that_are_not_two_or_more_of_their_own_characters_are_refused(make, sources):
    with pytest.raises(ValueError, match=f"two sources or more, each its own character; got '{sources}'"):
        make(sources)


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
def test_inclusion_exclusion_is_that_of_every_choice_of_events(lattice):
    expected = np.zeros((len(lattice.antichains), len(lattice.collections)), dtype=int)
    for row, antichain in enumerate(lattice.antichains):
        for events in dense_pid.subsets(antichain):
            expected[row, lattice.collections.index(frozenset().union(*events))] -= (-1) ** len(events)

    assert (lattice.inclusion_exclusion == expected).all()


@LATTICES
def test_the_moebius_matrix_undoes_the_sum_over_lower_atoms(lattice):
    order, identity = zeta(lattice), np.eye(len(lattice.antichains))

    assert (order @ lattice.moebius == identity).all()
    assert (lattice.moebius @ order == identity).all()


def test_the_inversion_finds_the_atoms_of_five_sources():
    lattice = Lattice.of("12345")
    # β ≼ α if no collection contains one of α's and none of β's.
    above = [[any(a <= c for a in alpha) for c in lattice.collections] for alpha in lattice.antichains]
    above = np.array(above, dtype=np.float32)
    order = (above @ (1 - above).T == 0).astype(np.float32)
    atoms = np.random.default_rng(0).integers(-9, 10, len(order)).astype(np.float32)

    found = lattice.moebius @ (order @ atoms).astype(int)  # whole numbers, which float32 holds

    assert len(order) == 7579
    assert (found == atoms).all()
