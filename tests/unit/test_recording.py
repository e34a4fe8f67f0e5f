"""What workers leave of a training, and what they say where they leave less."""

import pytest

from model.config import NetworkConfig, TrainingConfig
from model.data.digits import load_digits
from model.goal import Goal
from model.training import Training
from service.storage import artifacts
from worker.recording import Recording


@pytest.fixture
def recorded():
    """What is recorded of an epoch of two networks."""

    def record(what):
        network, config, goals = NetworkConfig(hidden_neurons=6), TrainingConfig(epochs=1), [Goal.preset("heuristic")]
        training = Training(network, config, load_digits().split(), 2 * goals, [0, 1])
        recording = Recording(training, what)
        for result in training.epochs():
            recording.observe(result)
        return recording

    return record


def names(found):
    return {artifact.name: artifact.media_type for artifact in found}


def test_a_run_leaves_the_files_of_its_networks(recorded):
    found, left_out = recorded("neurons").artifacts_of(range(2))

    assert names(found) == {"history.csv": "text/csv", "confusion.csv": "text/csv", "neurons.npz": "application/zip"}
    assert left_out is None


def test_nothing_is_left_where_nothing_is_recorded(recorded):
    assert recorded("none").artifacts_of(range(2)) == ((), None)


def test_a_file_that_is_too_large_is_left_out_and_named(recorded, monkeypatch):
    recording = recorded("layers")
    monkeypatch.setattr(artifacts, "LARGEST", 1000)

    found, left_out = recording.artifacts_of(range(2))

    assert names(found) == {"confusion.csv": "text/csv"}
    assert left_out.startswith("content: history.csv has ")
    assert left_out.endswith(" bytes; an artifact has at most 1000")
