import pytest
import torch

from model.config import NetworkConfig, TrainingConfig
from service.spec import StudySpec
from worker import capacity
from worker.capacity import how_many_together, networks_that_pay


def spec(**changes):
    return StudySpec.model_validate({"name": "study", **changes})


def never_asked(_):
    raise AssertionError("asked for the capacity")


@pytest.mark.parametrize(
    ("changes", "left", "workers", "networks", "expected"),
    [
        ({}, 1000, 2, 16, 16),
        ({}, 1000, 2, 500, 50),  # a twentieth of the study's 1000 trials, so that the sampler learns
        ({"n_trials": 100}, 100, 2, 16, 5),
        ({}, 9, 4, 16, 3),  # the last ones are shared out
        ({"repeats": 5}, 1000, 2, 16, 3),
        ({"repeats": 32}, 1000, 2, 16, 1),
        ({"sampler": "cmaes"}, 1000, 1, 16, 12),  # a generation of 18 dimensions
        ({"sampler": "cmaes"}, 1000, 4, 16, 3),
        ({"sampler": "cmaes"}, 5, 1, 16, 5),
        ({"sampler": {"type": "cmaes", "population_size": 40}}, 1000, 1, 16, 16),
        ({"sampler": "sobol", "n_trials": 100}, 100, 2, 64, 50),  # nothing is learned between
    ],
)
def test_auto_takes_as_many_as_pay_and_leaves_some_to_others(changes, left, workers, networks, expected):
    assert how_many_together(spec(**changes), left, workers, lambda _: networks) == expected


@pytest.mark.parametrize("changes", [{"n_trials": 24}, {"trials_per_worker": 7}, {"sampler": "cmaes"}])
def test_the_capacity_is_not_measured_where_it_does_not_matter(changes):
    expected = changes.get("trials_per_worker", 1)

    assert how_many_together(spec(**changes), 24, 16, never_asked) == expected


def test_a_given_number_is_taken_as_long_as_so_many_are_left():
    assert [how_many_together(spec(trials_per_worker=7), left, 2, never_asked) for left in (100, 3)] == [7, 3]


@pytest.fixture
def paid(monkeypatch):
    """Networks that pay, given the time each takes in a population of some size."""

    def measure(seconds, memory=2**40, record="none", epochs=100):
        monkeypatch.setattr(capacity, "_seconds_a_network", lambda size, *_: seconds[size])
        monkeypatch.setattr(capacity, "_free", lambda _: memory)
        return networks_that_pay(NetworkConfig(), TrainingConfig(epochs=epochs), 784, 10, torch.device("cpu"), record)

    return measure


def test_a_population_doubles_while_each_network_gets_faster(paid):
    assert paid({1: 1.0, 2: 0.8, 4: 0.7, 8: 0.69}) == 4


def test_a_population_stays_alone_where_company_makes_it_slower(paid):
    assert paid({1: 1.0, 2: 1.1}) == 1


def test_a_population_does_not_fill_the_memory(paid):
    """A network of 100 neurons on 784 pixels and 1024 samples takes about 6 MB."""
    halving = {2**power: 0.5**power for power in range(9)}

    assert [paid(halving, memory) for memory in (2**20, 100 * 2**20, 2**40)] == [1, 4, 256]


def test_what_is_recorded_takes_memory_too(paid):
    """1000 epochs of a network of 100 neurons are 3.2 MB of history, and 7.8 MB of the information of its neurons."""
    halving = {2**power: 0.5**power for power in range(9)}

    found = [paid(halving, 512 * 2**20, record, epochs=1000) for record in ("none", "layers", "neurons")]

    assert found == [16, 8, 4]


def test_a_measured_capacity_is_a_power_of_two():
    found = networks_that_pay(
        NetworkConfig(hidden_neurons=10), TrainingConfig(batch_size=64), 20, 3, torch.device("cpu"), "layers"
    )

    assert found in {2**power for power in range(9)}
