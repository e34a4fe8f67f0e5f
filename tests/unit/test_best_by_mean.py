from service.best import best_by_mean
from tests.unit.confirmations import confirmation, finding


def test_the_highest_mean_is_the_best_not_the_highest_network():
    report = confirmation("again", finding(3, 0.0, 1.0), finding(7, 0.625, 0.75), finding(1, 0.5, 0.5))

    best = best_by_mean([report])

    assert (best.analysis, best.trial, best.accuracy.mean) == ("again", 7, 0.6875)


def test_the_baseline_may_be_the_best():
    assert best_by_mean([confirmation("again", finding(3, 0.75, 1.0), finding(7, 0.5, 0.75))]).trial == 3


def test_of_several_confirmations_the_newest_of_those_with_the_most_seeds_counts():
    reports = [
        confirmation("third", finding(3, 0.75, 1.0)),
        confirmation("second", finding(3, 0.5, 0.5, 0.5), finding(7, 0.75, 0.5, 0.75)),
        confirmation("first", finding(3, 0.75, 0.75, 0.75)),
    ]

    best = best_by_mean(reports)

    assert (best.analysis, best.trial) == ("second", 7)


def test_a_confirmation_that_is_not_done_yet_does_not_count():
    reports = [
        confirmation("running", finding(3), finding(7, 0.5, 0.5, 0.5)),
        confirmation("done", finding(3, 0.25, 0.5)),
    ]

    assert best_by_mean(reports).analysis == "done"


def test_a_single_network_is_no_mean():
    assert best_by_mean([confirmation("again", finding(3, 1.0), finding(7, 0.5, 0.5))]).trial == 7


def test_there_is_no_best_before_anything_is_known():
    assert best_by_mean([]) is None
    assert best_by_mean([confirmation("again", finding(3), finding(7))]) is None
    assert best_by_mean([confirmation("design", None)]) is None
