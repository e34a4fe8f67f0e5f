"""Networks from checkpoints, put to use on images as they come."""

from hashlib import sha256

import numpy as np
import pytest
import torch

from model.checkpoints import Network, Snapshot, load, save
from model.errors import CheckpointError, DataFileError, DeviceError, DivergedError, UnfitDataError
from model.goal import Goal
from tests.trainings import NAMES, NETWORKS, SEEDS, data, raw, trained, training

TRAIN_IMAGES, TRAIN_LABELS, IMAGES, LABELS = raw(n_train=600)
DATA = data(n_train=600)


@pytest.fixture(scope="module")
def run():
    run = training(epochs=10, of=DATA)
    trained(run, 10)
    return run


@pytest.fixture(scope="module")
def network(run, tmp_path_factory):
    directory = tmp_path_factory.mktemp("checkpoint")
    save(run, directory)
    return load(str(directory))


@pytest.mark.parametrize("sampled", [True, False], ids=["sampled", "noise-free"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("parts", NETWORKS.values(), ids=NETWORKS)
def test_raw_images_are_labelled_as_well_as_by_the_training(tmp_path, parts, dtype, sampled):
    run = training(parts, dtype=dtype, of=DATA)
    trained(run, 2)
    save(run, tmp_path)

    found = load(tmp_path).evaluate(IMAGES, LABELS, sampled=sampled)

    assert (found.accuracy,) == run.accuracy(DATA.test_images, DATA.test_labels, sampled=sampled)


def test_a_trained_network_labels_raw_images(network):
    assert network.evaluate(IMAGES, LABELS).accuracy > 0.9  # chance is 1/3


def test_an_output_neuron_that_is_silent_for_its_label_is_among_those_that_label_well(run):
    assert run.inverted.tolist() == [[False, True, False]]  # or nothing here would show how it is read


def test_images_may_come_in_any_shape_and_type_and_standardised(network):
    expected = network.predict(IMAGES)

    assert (expected.dtype, expected.shape) == (np.dtype("int64"), (40,))
    learned = torch.from_numpy(IMAGES).float().requires_grad_()
    for images in (IMAGES.reshape(-1, 2, 3), IMAGES.astype(np.float64), torch.from_numpy(IMAGES), learned):
        np.testing.assert_array_equal(network.predict(images), expected)
    np.testing.assert_array_equal(network.predict(DATA.test_images, standardised=True), expected)


def test_a_label_does_not_depend_on_the_other_images(network):
    together = network.predict(IMAGES)

    assert [network.predict(IMAGES[[n]])[0] for n in range(len(IMAGES))] == together.tolist()


def test_sampled_outputs_are_the_same_each_time(network):
    np.testing.assert_array_equal(network.predict(IMAGES, sampled=True), network.predict(IMAGES, sampled=True))


def test_the_confusion_matrix_counts_what_each_class_was_called(network):
    found = network.evaluate(IMAGES, LABELS)

    called = network.predict(IMAGES)
    expected = [[sum((label == LABELS) & (called == other)) for other in range(3)] for label in range(3)]
    assert found.confusion.tolist() == expected
    assert found.confusion.trace() / 40 == found.accuracy
    assert found.confusion.sum(axis=1).tolist() == [sum(label == LABELS) for label in range(3)]


@pytest.mark.parametrize(
    ("images", "error", "said"),
    [
        (IMAGES[:, :5], UnfitDataError, "has 6 inputs and 3 classes; these images have 5 pixels each"),
        (IMAGES[0], DataFileError, r"images: expected the shape \(sample, ...\)"),
        (IMAGES[:0], DataFileError, "images: holds no pixels"),
        (np.full((2, 6), np.nan), DataFileError, "images: has pixels that are not finite"),
        (np.full((2, 6), "1"), DataFileError, "images: pixels must be real numbers"),
    ],
)
def test_images_that_the_network_cannot_see_are_refused(network, images, error, said):
    with pytest.raises(error, match=said):
        network.predict(images)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.where(LABELS == 2, 3, LABELS), "expected classes from 0 to 2; got 3$"),
        (LABELS - 1, "expected classes from 0 to 2; got -1$"),
        (LABELS[:-1], r"expected 40 whole numbers, one for each image; got int64 of shape \(39,\)"),
        (LABELS[:, None], r"expected 40 whole numbers, one for each image; got int64 of shape \(40, 1\)"),
        (LABELS.astype(float), r"expected 40 whole numbers, one for each image; got float64 of shape \(40,\)"),
    ],
)
def test_labels_outside_of_the_classes_are_refused_with_what_was_expected(network, labels, said):
    with pytest.raises(UnfitDataError, match=said):
        network.evaluate(IMAGES, labels)


def test_weights_are_had_by_name_as_tensors_and_as_arrays(run, network):
    expected = run.population.tensors()

    assert network.tensors().keys() == network.arrays().keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(network.tensors()[name], tensor[0])
        np.testing.assert_array_equal(network.arrays()[name], tensor[0].numpy())


def test_weights_that_are_handed_out_are_copies(network):
    network.tensors()["output.feedforward.weight"].fill_(0)
    network.arrays()["output.feedforward.bias"].fill(0)

    assert all(array.any() for array in network.arrays().values())


def test_whom_a_neuron_hears_is_among_the_weights(tmp_path):
    run = training(NETWORKS["limited laterals"])
    save(run, tmp_path)

    sources = load(tmp_path).arrays()["hidden.0.lateral.sources"]

    assert (sources.shape, sources.dtype) == ((12, 3), np.dtype("int64"))
    np.testing.assert_array_equal(sources, run.population.stack.connections()["hidden.0.lateral.sources"][0])


@pytest.fixture
def several(tmp_path):
    """A training of members 0 and 2, of which it has a checkpoint."""
    run = training(NETWORKS["limited laterals"], members=3, of=DATA)
    trained(run, 2, release=(1, [1]))
    save(run, tmp_path)
    return run


def test_a_member_keeps_its_name_goal_seed_and_weights(several, tmp_path):
    network = load(tmp_path, member=2)

    assert (network.seed, network.goals) == (SEEDS[2], (Goal.preset(NAMES["trivariate"][2]),))
    for name, tensor in several.population.tensors().items():
        assert torch.equal(network.tensors()[name], tensor[1])
    whole = several.accuracy(DATA.test_images, DATA.test_labels, sampled=False)
    assert network.evaluate(IMAGES, LABELS).accuracy == pytest.approx(whole[1])


def test_one_of_several_members_has_to_be_named(several, tmp_path):
    with pytest.raises(CheckpointError, match=f"{tmp_path}: has several networks; name a member: one of 0, 2"):
        load(tmp_path)


def test_a_member_that_is_not_there_is_named(several, tmp_path):
    with pytest.raises(CheckpointError, match=f"^{tmp_path}: there is no member 1; expected one of 0, 2"):
        load(tmp_path, member=1)


def test_a_device_that_is_not_there_is_named(several, tmp_path):
    with pytest.raises(DeviceError, match="cannot compute on 'none'"):
        load(tmp_path, member=2, device="none")


def test_a_network_that_has_diverged_labels_nothing():
    run = training()
    run.population.tensors()["output.feedforward.weight"][0, 0, 0] = float("inf")

    with pytest.raises(DivergedError, match="it has diverged"):
        Network(Snapshot.of(run), 0).predict(IMAGES)


def test_the_description_says_what_was_trained_how_and_on_what(network):
    description = network.description

    assert (description.epochs, description.training.batch_size, description.network.hidden_neurons) == (10, 32, 12)
    assert (description.data.name, description.data.n_inputs, description.data.n_classes) == ("small", 6, 3)
    assert description.data.digest == sha256(TRAIN_IMAGES.tobytes() + TRAIN_LABELS.astype("<i8").tobytes()).hexdigest()
    assert description.data.mean == pytest.approx(np.mean(TRAIN_IMAGES))
    assert description.data.deviation == pytest.approx(np.std(TRAIN_IMAGES))
