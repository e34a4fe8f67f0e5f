import pytest

from service.analyses.statistics import Summary, bootstrap_interval


def test_the_numbers_of_a_summary_are_those_of_a_hand_calculation():
    summary = Summary.of([1.0, 2.0, 6.0])

    assert (summary.median, summary.mean) == (2.0, 3.0)
    assert summary.standard_error == pytest.approx(1.5275252)  # the root of 7 / 3
    # 4.302653 is the 97.5 % point of Student's distribution with two degrees of freedom, from a printed table.
    assert summary.t_interval == pytest.approx((3 - 4.302653 * 1.5275252, 3 + 4.302653 * 1.5275252), rel=1e-6)


def test_an_interval_of_accuracies_ends_where_accuracies_do():
    wide = Summary.of([0.5, 1.0])

    assert wide.t_interval[0] < 0
    assert wide.t_interval[1] > 1
    assert wide.within(0, 1).t_interval == (0, 1)
    assert wide.within(0, 1).runs == wide.runs


def test_a_single_number_says_nothing_of_how_sure_it_is():
    summary = Summary.of([0.5])

    assert (summary.mean, summary.median) == (0.5, 0.5)
    assert (summary.standard_error, summary.bootstrap_interval, summary.t_interval) == (None, None, None)


def test_a_bootstrap_interval_of_equal_numbers_is_these():
    assert bootstrap_interval((0.25, 0.25, 0.25)) == (0.25, 0.25)


def test_a_bootstrap_interval_of_two_numbers_reaches_from_one_to_the_other():
    # The mean of a resample is either of them in a quarter of the cases each.
    assert bootstrap_interval((0.0, 1.0)) == pytest.approx((0.0, 1.0))


def test_the_same_numbers_give_the_same_bootstrap_interval():
    bootstrap_interval.cache_clear()
    first = bootstrap_interval((0.1, 0.4, 0.2, 0.7))
    bootstrap_interval.cache_clear()

    assert bootstrap_interval((0.1, 0.4, 0.2, 0.7)) == first
    assert 0.1 <= first[0] < 0.35 < first[1] <= 0.7


def test_a_skewed_sample_has_a_skewed_bootstrap_interval():
    low, high = bootstrap_interval((0.0, 0.01, 0.02, 0.03, 0.04, 1.0))

    assert high - 0.1833 > 0.1833 - low
