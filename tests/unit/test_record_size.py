"""What is said of a record before there is one, against one that there is."""

import pytest

from model.config import NetworkConfig, TrainingConfig
from model.data.digits import load_digits
from model.goal import Goal
from model.record import Recorder
from model.training import Training
from service.record_size import history_numbers, neurons_bytes, record_bytes

NETWORKS = {
    "trivariate": {"hidden_neurons": 6},
    "deep": {"hidden_neurons": [6, 4]},
    "bivariate": {"hidden_neurons": 6, "context": []},
    "fixed": {"hidden_neurons": 6, "learning": "fixed"},
    "backpropagation": {"hidden_neurons": [6, 4], "learning": "backpropagation"},
    "readout": {"hidden_neurons": []},
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("noise_free", [False, True])
def test_the_size_of_a_record_is_known_before(network, noise_free):
    network = NetworkConfig.model_validate(network)
    config = TrainingConfig(epochs=2, batch_size=1024, noise_free_evaluation=noise_free)
    goals = (Goal.preset("heuristic", network.kind),) * network.n_goals
    training = Training(network, config, load_digits().split(), [goals], [0])
    recorder = Recorder(training, each_neuron=True)
    for result in training.epochs():
        recorder.observe(result)

    record = recorder[0]

    assert neurons_bytes(network, 2, 10) == sum(array.nbytes for array in record.neurons.values())
    assert history_numbers(network, 2, noise_free=noise_free) == sum(len(row) for row in record.rows)


def test_who_is_not_recorded_needs_no_memory_for_it():
    assert record_bytes("none", NetworkConfig(), 100, 10) == 0
