"""`model.train`: a goal brought to a data set, outside of any study."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import model
from model.checkpoints.directory import read_document
from model.config import NetworkConfig, TrainingConfig
from model.downstream import goals_from
from model.errors import (
    CheckpointError,
    DataFileError,
    DeviceError,
    DivergedError,
    GoalFileError,
    RecordError,
    UnknownDatasetError,
)
from model.goal import Goal
from model.goal_files import write_goals
from model.training import Training
from tests.trainings import data, network, raw

DATA = data(n_train=300)
NETWORK = network()
CONFIG = TrainingConfig(epochs=3, batch_size=32, hidden_learning_rate=0.02, output_learning_rate=0.02)
GOAL = Goal.preset("heuristic")


def train(**changes):
    return model.train(**{"goal": GOAL, "dataset": DATA, "network": NETWORK, "training": CONFIG, **changes})


@pytest.fixture
def data_dir(tmp_path):
    """A data directory with the data set in it."""
    names = ("train_images", "train_labels", "test_images", "test_labels")
    np.savez(tmp_path / "small.npz", **dict(zip(names, raw(n_train=300), strict=True)))
    return tmp_path


def assert_same_weights(one, two):
    for name, tensor in one.tensors().items():
        assert torch.equal(tensor, two.tensors()[name]), name


def test_networks_are_trained_as_a_training_trains_them():
    by_hand = Training(NETWORK, CONFIG, DATA.split(), [GOAL] * 2, [5, 7])
    *_, last = by_hand.epochs()
    results = []

    trained = train(seeds=[5, 7], on_epoch=results.append)

    assert results[-1] == last
    assert trained.validation_accuracy == last.validation_accuracy
    assert trained.test_accuracy == by_hand.accuracy(DATA.test_images, DATA.test_labels)
    for member, one in enumerate(trained.networks):
        assert one.seed == (5, 7)[member]
        for name, tensor in by_hand.population.tensors().items():
            assert torch.equal(one.tensors()[name], tensor[member])


def test_accuracies_without_noise_are_those_of_the_networks():
    trained = train(sampled=False)

    *_, images, labels = raw(n_train=300)
    assert trained.test_accuracy == (trained.networks[0].evaluate(images, labels).accuracy,)


def test_who_names_nothing_trains_the_papers_setup_on_the_digits():
    trained = model.train(training=TrainingConfig(epochs=1))

    (one,) = trained.networks
    assert (one.description.data.name, one.description.network, one.seed) == ("digits", NetworkConfig(), 0)
    assert one.goals == (Goal.preset("optimized_1_100_tpe"),)


@pytest.mark.parametrize("parts", [{"context": ()}, {"lateral_connections": 0}])
def test_neurons_of_two_sources_have_a_default_goal_of_their_own(parts):
    (one,) = train(goal=None, network=network(**parts)).networks

    assert one.goals == (Goal.preset("optimized_1_100", one.description.network.kind),)


TWO_LAYERS = network(hidden_neurons=(8, 6))
OTHER = Goal.preset("optimized_1_100_tpe")


@pytest.mark.parametrize(
    ("source", "of", "expected"),
    [
        (GOAL, NETWORK, (GOAL,)),
        (GOAL, TWO_LAYERS, (GOAL, GOAL)),
        ((GOAL, OTHER), TWO_LAYERS, (GOAL, OTHER)),
        ([GOAL, OTHER], TWO_LAYERS, (GOAL, OTHER)),
        ([OTHER], TWO_LAYERS, (OTHER, OTHER)),
        ("heuristic", TWO_LAYERS, (GOAL, GOAL)),
        (["heuristic", "optimized_1_100_tpe"], TWO_LAYERS, (GOAL, OTHER)),
        (list(GOAL.gamma), NETWORK, (GOAL,)),
        (GOAL.as_dict(), NETWORK, (GOAL,)),
        ((), network(learning="backpropagation"), ()),
    ],
)
def test_a_goal_may_be_given_in_many_ways(source, of, expected):
    assert goals_from(source, of) == expected


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ((GOAL, OTHER), "expected one goal for all hidden layers, or 1, one for each; got 2"),
        (Goal((0.0,) * 5), "hidden layer 1 are trivariate: expected 19 weights"),
        (3, "a goal is the name of a preset, a list of 19 numbers"),
        ({"{X}": 1}, "unknown terms"),
    ],
)
def test_a_goal_that_does_not_fit_is_refused(source, said):
    with pytest.raises(ValueError, match=said):
        train(goal=source)


@pytest.mark.parametrize("source", [GOAL, "heuristic", [GOAL]], ids=repr)
@pytest.mark.parametrize("of", [network(learning="fixed"), network(hidden_neurons=[])], ids=["fixed", "none"])
def test_a_goal_that_no_hidden_layer_learns_by_is_refused(source, of):
    with pytest.raises(ValueError, match="goal: the network's hidden layers have none; expected no goal"):
        train(goal=source, network=of)


def test_a_goal_may_be_a_file(tmp_path):
    write_goals(tmp_path / "goal.npy", (OTHER,))

    from_file, given = train(goal=tmp_path / "goal.npy"), train(goal=OTHER)

    assert from_file.networks[0].goals == (OTHER,)
    assert from_file.validation_accuracy == given.validation_accuracy


def test_what_the_networks_did_is_written_where_it_is_wanted(tmp_path):
    train(record=tmp_path / "new" / "folder", record_neurons=True, seeds=[1, 2])

    folder = tmp_path / "new" / "folder"
    lines = (folder / "history.csv").read_text("utf-8").splitlines()
    assert len(lines) == 1 + 2 * CONFIG.epochs
    assert {path.name for path in folder.iterdir()} == {"history.csv", "confusion.csv", "neurons.npz"}


def interrupt(result):
    if result.epoch == 2:
        raise KeyboardInterrupt


@pytest.mark.parametrize("end", ["interrupted", "diverged"])
def test_what_the_networks_did_before_an_end_too_soon_is_written(tmp_path, end):
    runs = []

    def diverge(result):
        if result.epoch == 2:
            runs[0].population.tensors()["output.feedforward.weight"].fill_(float("nan"))

    with pytest.raises(KeyboardInterrupt if end == "interrupted" else DivergedError):
        train(record=tmp_path, on_begin=runs.append, on_epoch=interrupt if end == "interrupted" else diverge)

    lines = (tmp_path / "history.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[1] for line in lines] == ["epoch", "1", "2"]
    assert {path.name for path in tmp_path.iterdir()} == {"history.csv", "confusion.csv"}


def test_where_nothing_can_be_recorded_nothing_is_trained(tmp_path):
    (tmp_path / "file").write_text("")
    begun = []

    with pytest.raises(RecordError, match=r"file: what the networks did cannot be written there"):
        train(record=tmp_path / "file", checkpoint=tmp_path / "checkpoint", on_begin=begun.append)

    assert begun == []
    assert not (tmp_path / "checkpoint").exists()


def test_a_record_is_not_written_over(tmp_path):
    (tmp_path / "history.csv").write_text("kept")

    with pytest.raises(RecordError, match=f"{tmp_path}: has a record already; expected another directory"):
        train(record=tmp_path)

    assert (tmp_path / "history.csv").read_text() == "kept"


def test_a_record_that_cannot_be_written_is_named_beside_what_ended_the_training(tmp_path):
    folder = tmp_path / "folder"

    def replace_and_stop(_result):
        folder.rmdir()
        folder.touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as end:
        train(record=folder, on_epoch=replace_and_stop)

    assert end.value.__notes__ == [f"{folder}: what the networks did cannot be written there: File exists"]


def test_of_a_training_that_is_complete_nothing_is_left_to_record(tmp_path):
    train(checkpoint=tmp_path / "one")

    with pytest.raises(RecordError, match="there is nothing to record, since all 3 epochs are trained"):
        train(resume=tmp_path / "one", record=tmp_path / "record")


def test_what_neurons_did_needs_a_directory_to_be_written_to():
    with pytest.raises(ValueError, match="record_neurons: expected a directory to write them to, as record"):
        train(record_neurons=True)


@pytest.mark.parametrize("seed", [-1, 2**31, True])
def test_a_seed_that_is_none_is_refused_before_anything_is_trained(seed):
    begun = []

    with pytest.raises(ValueError, match="seeds: expected whole numbers from 0 to 2147483647; got"):
        train(seeds=[0, seed], on_begin=begun.append)

    assert not begun


def test_seeds_may_come_in_an_array():
    assert [network.seed for network in train(seeds=np.arange(2)).networks] == [0, 1]


def test_a_name_that_is_neither_a_preset_nor_a_file_is_refused_with_the_presets():
    with pytest.raises(GoalFileError, match=r"neither a file nor a preset; trivariate presets are heuristic"):
        train(goal="none")


@pytest.mark.parametrize("others", [{"goal": GOAL}, {"goal": None, "resume": "somewhere"}])
def test_a_study_comes_with_a_goal_of_its_own(others):
    with pytest.raises(ValueError, match="expected neither goal nor resume"):
        train(from_study="http://127.0.0.1:1/studies/a", **others)


@pytest.mark.parametrize("how", ["name", "path", "text"])
def test_a_data_set_may_be_named_in_many_ways(data_dir, how):
    path = data_dir / "small.npz"
    named = {"name": "small", "path": path, "text": str(path)}[how]

    by_name = train(dataset=named, data_dir=data_dir)

    assert_same_weights(by_name.networks[0], train().networks[0])


def test_a_data_set_is_looked_for_where_the_environment_says(data_dir, monkeypatch):
    monkeypatch.setenv("INFOMORPHIC_DATA_DIR", str(data_dir))

    (one,) = train(dataset="small").networks

    assert one.description.data.name == "small"


def test_checkpoints_are_written_at_the_beginning_every_so_many_epochs_and_at_the_end(tmp_path):
    directory, written = tmp_path / "checkpoint", []

    def look(*_result):
        written.append(read_document(directory).epochs)

    train(checkpoint=directory, checkpoint_every=2, on_begin=look, on_epoch=look)

    assert written == [0, 0, 2, 3]


def test_a_training_that_was_stopped_is_resumed_as_if_it_had_not_been(tmp_path, data_dir):
    class StopError(Exception):
        pass

    def stop(result):
        if result.epoch == 2:
            raise StopError

    with pytest.raises(StopError):
        train(checkpoint=tmp_path / "checkpoint", on_epoch=stop)
    epochs = []

    resumed = model.train(
        resume=tmp_path / "checkpoint", data_dir=data_dir, on_epoch=lambda result: epochs.append(result.epoch)
    )

    whole = train()
    assert epochs == [3]
    assert_same_weights(resumed.networks[0], whole.networks[0])
    assert resumed.test_accuracy == whole.test_accuracy
    assert read_document(tmp_path / "checkpoint").epochs == 3


def test_more_epochs_may_be_asked_for_and_the_same_of_all_else(tmp_path):
    train(checkpoint=str(tmp_path))

    longer = train(resume=str(tmp_path), training=CONFIG.model_copy(update={"epochs": 5}), seeds=[0])

    assert longer.networks[0].description.epochs == 5
    assert_same_weights(longer.networks[0], train(training=CONFIG.model_copy(update={"epochs": 5})).networks[0])
    assert read_document(tmp_path).training.epochs == 5


def test_a_training_that_is_complete_is_evaluated_again(tmp_path):
    whole = train(checkpoint=tmp_path)

    again = model.train(resume=tmp_path, dataset=DATA)

    assert (again.validation_accuracy, again.test_accuracy) == (whole.validation_accuracy, whole.test_accuracy)


def test_a_resumed_training_may_write_elsewhere_and_leaves_what_it_came_from(tmp_path):
    train(checkpoint=tmp_path / "one")
    before = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}

    train(resume=tmp_path / "one", checkpoint=tmp_path / "two", training=CONFIG.model_copy(update={"epochs": 4}))

    assert {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()} == before
    assert read_document(tmp_path / "two").epochs == 4


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"goal": OTHER}, r"with goals.0.0.\{F\}"),
        ({"seeds": [1]}, r"with seeds \[0\], not \[1\]"),
        ({"network": network(activation="linear")}, 'with activation "modulating", not "linear"'),
        ({"training": CONFIG.model_copy(update={"batch_size": 16})}, "with batch_size 32, not 16"),
    ],
)
def test_what_is_asked_for_otherwise_is_named(tmp_path, asked, said):
    train(checkpoint=tmp_path)

    with pytest.raises(CheckpointError, match=f"was trained {said}"):
        train(**asked, resume=tmp_path)


def test_a_checkpoint_is_not_written_over_by_another_training(tmp_path):
    train(checkpoint=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(CheckpointError, match=f"{tmp_path}: has a checkpoint already; expected it to be resumed"):
        train(checkpoint=tmp_path, seeds=[1])

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_where_no_checkpoint_can_be_written_nothing_is_trained(tmp_path):
    (tmp_path / "file").touch()
    epochs = []

    with pytest.raises(CheckpointError, match="cannot be written to"):
        train(checkpoint=tmp_path / "file" / "below", on_epoch=epochs.append)

    assert epochs == []


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"dataset": "none"}, UnknownDatasetError, "unknown data set 'none'"),
        ({"dataset": "none.npz"}, DataFileError, "none.npz: cannot be read"),
        (
            {"dataset": data(n_train=3), "training": CONFIG.model_copy(update={"validation_fraction": 0.01})},
            DataFileError,
            "small: validation_fraction 0.01 would withhold 0 of 3",
        ),
        ({"device": "none"}, DeviceError, "cannot compute on 'none'"),
        ({"seeds": []}, ValueError, "seeds: expected one for each network; got none"),
        ({"checkpoint_every": 0}, ValueError, "checkpoint_every: expected at least 1"),
        ({"resume": "none"}, CheckpointError, "none: there is no checkpoint"),
    ],
)
def test_what_cannot_be_done_is_named(asked, error, said):
    with pytest.raises(error, match=said):
        train(**asked)


def test_goals_and_configurations_are_had_without_torch():
    code = """
import sys, model, model.config, model.goal, model.data
assert "torch" not in sys.modules
assert callable(model.train) and callable(model.load)
assert "torch" in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


def test_the_package_has_nothing_that_it_does_not_have():
    with pytest.raises(AttributeError, match="module 'model' has no attribute 'mystery'"):
        model.mystery  # noqa: B018 - asking is the test
