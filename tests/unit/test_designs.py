from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial
from scipy.stats import qmc

from service.search.designs import SobolSampler


def test_each_number_has_its_own_point_of_the_sequence_from_the_first_on():
    space = {"a": FloatDistribution(-1, 1), "b": FloatDistribution(0, 0.5)}
    trials = [create_trial(state=TrialState.RUNNING) for _ in range(8)]
    for number, trial in enumerate(trials):
        trial.number = number

    suggested = [SobolSampler(space, seed=7).sample_relative(None, trial, space) for trial in trials]

    points = qmc.scale(qmc.Sobol(2, rng=7).random(8), [-1, 0], [1, 0.5])
    assert [[point["a"], point["b"]] for point in suggested] == points.tolist()
