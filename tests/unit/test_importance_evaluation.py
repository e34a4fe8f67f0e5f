import math
import statistics

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator, MeanDecreaseImpurityImportanceEvaluator
from scipy.stats import qmc

from service.errors import NothingToExplainError
from service.importances.evaluation import METHODS, N_FORESTS, N_TREES, Sample, evaluate

NAMES = ("w", "c", "x", "b", "a")
"""Neither in the order of the alphabet nor in its reverse."""

SLOPES = (0.0, 3.0, 0.0, 1.0, 2.0)
"""Of a linear function: the variance that each explains is in proportion to the square."""

SHARES = {"c": 9 / 14, "a": 4 / 14, "b": 1 / 14, "w": 0.0, "x": 0.0}


def sample(n_trials=128, values=None, names=NAMES):
    points = 2 * qmc.Sobol(len(names), rng=0).random(n_trials) - 1
    values = points @ np.array(SLOPES[: len(names)]) if values is None else values
    return Sample(dict.fromkeys(names, (-1.0, 1.0)), points, np.asarray(values, dtype=float))


def means(method, *given, **changes):
    estimates = evaluate(method, sample(*given, **changes))
    return dict(zip(changes.get("names", NAMES), (estimate.mean for estimate in estimates), strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_each_weight_gets_its_own_importance_whatever_the_order_of_names(method):
    found = means(method, 256)

    assert sorted(found, key=found.get, reverse=True)[:3] == ["c", "a", "b"]
    assert sum(found.values()) == pytest.approx(1)
    assert max(found["w"], found["x"]) < 0.02


@pytest.mark.parametrize("method", ["mdi", "fanova"])
def test_importances_are_the_shares_of_the_variance(method):
    found = means(method, 256)

    assert found == pytest.approx(SHARES, abs=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_sample_has_the_same_importances_to_the_last_digit(method):
    assert evaluate(method, sample()) == evaluate(method, sample())


@pytest.mark.parametrize("method", METHODS)
def test_the_spread_is_that_of_attempts_which_differ(method):
    estimates = evaluate(method, sample())

    assert all(estimate.standard_deviation > 0 for estimate in estimates)


@pytest.mark.parametrize(
    ("method", "evaluator"),
    [("mdi", MeanDecreaseImpurityImportanceEvaluator), ("fanova", FanovaImportanceEvaluator)],
)
def test_importances_are_the_mean_of_optunas_forests_and_their_spread(method, evaluator):
    given = sample(64)
    study = optuna.create_study(direction="maximize")
    space = {name: FloatDistribution(-1.0, 1.0) for name in NAMES}
    for point, value in zip(given.points.tolist(), given.values.tolist(), strict=True):
        params = dict(zip(NAMES, point, strict=True))
        study.add_trial(optuna.create_trial(params=params, distributions=space, value=value))
    forests = [
        optuna.importance.get_param_importances(study, evaluator=evaluator(n_trees=N_TREES, seed=seed))
        for seed in range(N_FORESTS[method])
    ]

    found = evaluate(method, given)

    for name, estimate in zip(NAMES, found, strict=True):
        of_each = [forest[name] for forest in forests]
        assert estimate.mean == pytest.approx(statistics.mean(of_each))
        assert estimate.standard_deviation == pytest.approx(statistics.stdev(of_each))


@pytest.mark.parametrize("method", METHODS)
def test_trials_without_a_difference_have_no_importances(method):
    with pytest.raises(NothingToExplainError, match="all 64 trials have the same"):
        evaluate(method, sample(64, [0.5] * 64))


@pytest.mark.parametrize("method", METHODS)
def test_a_single_weight_has_all_importance(method):
    (estimate,) = evaluate(method, sample(64, np.linspace(0, 1, 64), names=("only",)))

    assert (estimate.mean, estimate.standard_deviation) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("method", "other"), [("mdi", 1.0), ("mdi", 0.0), ("fanova", 1.0), ("fanova", 0.0), ("ped_anova", 0.0)]
)
def test_one_trial_that_differs_from_all_others_is_enough(method, other):
    estimates = evaluate(method, sample(64, [other] + [0.5] * 63))

    assert sum(estimate.mean for estimate in estimates) == pytest.approx(1)
    assert all(math.isfinite(estimate.standard_deviation) for estimate in estimates)


def test_ped_anova_finds_nothing_where_most_trials_would_be_the_best_tenth():
    with pytest.raises(NothingToExplainError, match="ped_anova finds no difference between the 64 trials"):
        evaluate("ped_anova", sample(64, [1.0] + [0.5] * 63))
