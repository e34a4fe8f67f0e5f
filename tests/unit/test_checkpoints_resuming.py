"""Trainings that go on from a checkpoint, in another process, as if they had never been interrupted."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoints import resume, save
from model.checkpoints.snapshot import read
from model.config import TrainingConfig
from model.data.dataset import standardised
from model.errors import CheckpointError, UnfitDataError
from model.goal import Goal
from tests.trainings import NAMES, NETWORKS, SEEDS, data, network, raw, trained, training

BOTH = {"float32": torch.float32, "float64": torch.float64}
CASES = {
    **{f"{name}, {d}": ({"parts": parts, "dtype": BOTH[d]}, {}) for name, parts in NETWORKS.items() for d in BOTH},
    "several members": ({"members": 3}, {}),
    "several members that hear a few": ({"parts": NETWORKS["output feedback"], "members": 3}, {}),
    "a member released": ({"members": 3}, {"release": (2, [1])}),
    "members that hear a few, released": ({"parts": NETWORKS["deep"], "members": 3}, {"release": (2, [0, 1])}),
    "taught members, released": ({"parts": NETWORKS["backpropagation"], "members": 3}, {"release": (1, [0])}),
}


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """Where each training is after three epochs, a checkpoint and three more in another process; what that printed."""
    directory = tmp_path_factory.mktemp("checkpoints")
    for name, (how, release) in CASES.items():
        run = training(**how)
        trained(run, 3, **release)
        save(run, directory / name)
    command = [sys.executable, "-m", "tests.reference.resumed_trainings", str(directory), "3"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    return directory, json.loads(done.stdout)


@pytest.mark.parametrize(("how", "release"), CASES.values(), ids=CASES)
def test_a_resumed_training_gives_the_same_bits_as_one_in_one_go(resumed, request, how, release):
    directory, accuracies = resumed
    name = request.node.callspec.id
    whole = training(**how)

    expected = trained(whole, 6, **release)

    assert accuracies[name] == [list(epoch) for epoch in expected[3:]]
    after, before = read(directory / f"{name}, resumed"), read(directory / name)
    assert (after.description.epochs, after.description.members) == (6, whole.members)
    for tensor, value in whole.state().items():
        assert after.tensors[tensor].numpy().tobytes() == value.detach().numpy().tobytes(), tensor
    assert any(not torch.equal(after.tensors[name], before.tensors[name]) for name in whole.population.tensors())


def test_a_training_that_has_not_begun_can_be_resumed(tmp_path):
    save(training(), tmp_path)
    whole = training()

    run = resume(tmp_path, data())

    assert trained(run, 2) == trained(whole, 2)


def test_a_training_in_the_middle_of_an_epoch_is_not_saved(tmp_path):
    run = training()
    trained(run, 1)
    run.population.learn(torch.from_numpy(data().train_images[:32]), torch.from_numpy(data().train_labels[:32]))

    with pytest.raises(ValueError, match="4 batches are no whole epochs; expected 3 after epoch 1"):
        save(run, tmp_path)


def test_a_member_that_has_diverged_is_one_after_resuming(tmp_path):
    run = training(members=3)
    trained(run, 1)
    run.population.tensors()["output.feedforward.weight"][1, 0, 0] = float("nan")
    save(run, tmp_path)

    result = next(resume(tmp_path, data()).epochs())

    assert result.diverged == (False, True, False)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A checkpoint of two members after two of six epochs."""
    directory = tmp_path_factory.mktemp("saved")
    run = training(members=2)
    trained(run, 2)
    save(run, directory)
    return directory


def test_what_images_were_taken_for_is_known_after_resuming(saved):
    run = training(members=2)
    trained(run, 2)

    assert torch.equal(resume(saved, data()).confusion(), run.confusion())


def test_untrained_networks_take_images_for_something_too():
    assert training(members=2).confusion().sum(dim=(1, 2)).tolist() == [20, 20]


CONFIG = training().config


def test_more_epochs_may_be_asked_for(saved):
    run = resume(saved, data(), training=CONFIG.model_copy(update={"epochs": 8}))

    assert [result.epoch for result in run.epochs()] == [3, 4, 5, 6, 7, 8]


def test_accuracies_without_noise_may_be_asked_for_later(saved):
    run = resume(saved, data(), training=CONFIG.model_copy(update={"noise_free_evaluation": True}))

    assert next(run.epochs()).noise_free_accuracy is not None


def test_a_training_that_has_come_to_its_end_has_no_more_epochs(saved):
    run = resume(saved, data(), training=CONFIG.model_copy(update={"epochs": 2}))

    assert list(run.epochs()) == []
    assert run.result().epoch == 2


def test_the_same_may_be_asked_for(saved):
    goals = [Goal.preset(name) for name in NAMES["trivariate"][:2]]

    run = resume(saved, data(), network=network(), training=CONFIG, goals=goals, seeds=SEEDS[:2])

    assert run.epoch == 2


OTHER_GOAL = Goal((0.5, *Goal.preset("heuristic").gamma[1:]))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"network": network(lateral_connections=3)}, "with lateral_connections null, not 3"),
        ({"network": network(hidden_neurons=(12, 8))}, r"with hidden_neurons 12, not \[12, 8\]"),
        ({"network": network(learning="fixed")}, 'with learning "goals", not "fixed"'),
        ({"training": TrainingConfig(batch_size=64)}, "with batch_size 32, not 64"),
        ({"training": CONFIG.model_copy(update={"data_seed": 1})}, "with data_seed 0, not 1"),
        ({"training": CONFIG.model_copy(update={"epochs": 1})}, "for 2 epochs already; expected at least so many"),
        ({"seeds": (11, 13)}, r"with seeds \[11, 12\], not \[11, 13\]"),
        (
            {"goals": [Goal.preset("optimized_1_100_tpe"), OTHER_GOAL]},
            r"with goals.1.0.\{F\}\{C\}\{L\} [0-9.-]+, not 0.5",
        ),
        ({"goals": [OTHER_GOAL]}, "with 2 networks; expected a goal for each, not 1"),
        (
            {"network": network(context=()), "goals": [Goal.preset("optimized_1_100", "bivariate_lateral")] * 2},
            r"with context \[\"label\"\], not \[\]",
        ),
    ],
)
def test_what_is_asked_for_otherwise_is_named(saved, asked, said):
    with pytest.raises(CheckpointError, match=f"{saved}: was trained {said}"):
        resume(saved, data(), **asked)


def test_another_data_set_is_refused_by_its_name(saved):
    with pytest.raises(CheckpointError, match='with dataset "small", not "other"'):
        resume(saved, data(name="other").standardised_by(1.0, 2.0))


def test_other_pixels_under_the_same_name_are_refused(saved):
    others = data().standardised_by(1.0, 2.0)

    with pytest.raises(
        CheckpointError, match=r"was trained on pixels of mean [0-9.]+ and deviation .*have the mean 1.0"
    ):
        resume(saved, others)


def test_pixels_that_another_machine_has_averaged_to_another_last_digit_are_the_same(saved):
    same = data()
    rounded = replace(same, mean=np.nextafter(same.mean, np.inf), deviation=np.nextafter(same.deviation, 0))

    assert resume(saved, rounded).epoch == 2


@pytest.mark.parametrize(
    ("change", "found"), [({"n_pixels": 5}, "5 pixels an image and 3"), ({"n_classes": 4}, "6 pixels an image and 4")]
)
def test_data_of_another_shape_are_refused(saved, change, found):
    with pytest.raises(UnfitDataError, match=f"has 6 inputs and 3 classes; the data set small has {found} classes"):
        resume(saved, data(**change))


IMAGES, CLASSES, *TEST = raw()


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.tile(IMAGES, (2, 1)), np.tile(CLASSES, 2)),
        (IMAGES[::-1], CLASSES),
        (IMAGES, CLASSES[::-1]),
    ],
    ids=["more", "other images", "other labels"],
)
def test_other_samples_of_the_same_mean_are_refused(saved, images, labels):
    with pytest.raises(CheckpointError, match=f"{saved}: was trained on other images or labels than small has now"):
        resume(saved, standardised("small", images, labels, *TEST))


def test_a_checkpoint_replaces_the_one_before_and_leaves_no_other_file(tmp_path):
    run = training()
    for _ in run.epochs():
        save(run, tmp_path)

    document, tensors = sorted(path.name for path in tmp_path.iterdir())
    assert (document, tensors.startswith("epoch-6-")) == ("config.json", True)
    assert read(tmp_path).description.epochs == 6


def test_the_same_training_writes_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        run = training()
        trained(run, 2)
        save(run, tmp_path / name)

    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two


def test_a_weight_can_be_read_without_this_software(saved):
    document = json.loads((saved / "config.json").read_text())
    content = (saved / document["tensors"]["name"]).read_bytes()
    length = int.from_bytes(content[:8], "little")
    entry = json.loads(content[8 : 8 + length])["output.feedforward.weight"]

    start, stop = (8 + length + offset for offset in entry["data_offsets"])

    weights = np.frombuffer(content[start:stop], "<f4").reshape(entry["shape"])
    expected = training(members=2)
    trained(expected, 2)
    np.testing.assert_array_equal(weights, expected.population.tensors()["output.feedforward.weight"].numpy())
