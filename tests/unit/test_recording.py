"""What workers leave of a training, and what they say where they leave less."""

import csv
import io

import pytest

from model.config import NetworkConfig, TrainingConfig
from model.data.digits import load_digits
from model.goal import Goal
from model.record import Recorder
from model.training import Training
from service.storage import artifacts
from worker.recording import Recording


@pytest.fixture
def recorded():
    """What is recorded of some epochs of two networks."""

    def record(what, epochs=1):
        network, goals = NetworkConfig(hidden_neurons=6), [Goal.preset("heuristic")] * 2
        training = Training(network, TrainingConfig(epochs=epochs), load_digits().split(), goals, [0, 1])
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


def test_an_epoch_that_cannot_be_recorded_leaves_those_before(recorded, monkeypatch):
    observe = Recorder.observe

    def observe_or_fail(recorder, result):
        if result.epoch == 3:
            raise MemoryError("no room")
        observe(recorder, result)

    monkeypatch.setattr(Recorder, "observe", observe_or_fail)

    found, left_out = recorded("layers", epochs=4).artifacts_of(range(2))

    history = next(artifact.content for artifact in found if artifact.name == "history.csv").decode()
    assert [row["epoch"] for row in csv.DictReader(io.StringIO(history))] == ["1", "2"] * 2
    assert left_out == "nothing is recorded from epoch 3 on: MemoryError: no room"


def test_a_file_that_is_too_large_is_left_out_and_named(recorded, monkeypatch):
    recording = recorded("layers")
    monkeypatch.setattr(artifacts, "LARGEST", 1000)

    found, left_out = recording.artifacts_of(range(2))

    assert names(found) == {"confusion.csv": "text/csv"}
    assert left_out.startswith("content: history.csv has ")
    assert left_out.endswith(" bytes; an artifact has at most 1000")
