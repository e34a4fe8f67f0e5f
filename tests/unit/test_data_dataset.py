"""Standardisation of raw images, and what is refused."""

import tracemalloc
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from model.data import Dataset
from model.data.dataset import standardised
from model.errors import DataFileError

# Mean 3, variance (9 + 1 + 1 + 9) / 4 = 5.
TRAIN = np.array([[[0, 2]], [[4, 6]]], dtype=np.uint8)
TEST = np.array([[[3, 8]]], dtype=np.uint8)
ROOT_5 = 2.2360679775


def small(**changes: object) -> Dataset:
    arrays = {
        "train_images": TRAIN,
        "train_labels": np.array([0, 1]),
        "test_images": TEST,
        "test_labels": np.array([1]),
    } | changes
    return standardised("small", **arrays)


def test_training_pixels_are_standardised_by_their_mean_and_deviation():
    expected = np.array([[-3, -1], [1, 3]]) / ROOT_5
    np.testing.assert_allclose(small().train_images, expected, rtol=1e-6)


def test_test_pixels_are_standardised_by_the_training_pixels():
    np.testing.assert_allclose(small().test_images, [[0, ROOT_5]], rtol=1e-6, atol=1e-7)


def test_mean_and_deviation_of_the_raw_training_pixels_are_kept():
    data = small()

    assert (data.mean, data.deviation) == (3, pytest.approx(ROOT_5))
    split = data.split(0.5)
    assert (split.name, split.mean, split.deviation) == ("small", data.mean, data.deviation)


def test_images_can_be_standardised_by_the_pixels_of_another_data_set():
    others = small().standardised_by(2.0, 4.0)

    np.testing.assert_allclose(others.train_images, [[-0.5, 0], [0.5, 1]], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(others.test_images, [[0.25, 1.5]], rtol=1e-6)
    assert (others.mean, others.deviation) == (2, 4)


def test_images_that_are_standardised_so_already_are_left_bit_by_bit():
    data = small()

    assert data.standardised_by(data.mean, data.deviation) is data


def test_images_are_flattened_row_by_row():
    images = np.arange(12).reshape(2, 2, 3)

    data = small(train_images=images, test_images=images[:1])

    assert data.n_pixels == 6
    assert (np.diff(data.train_images, axis=1) > 0).all()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64", ">f8", ">i2"])
def test_images_of_any_real_type_become_float32(dtype):
    images = np.array([[0, 1], [1, 0]], dtype=dtype)

    data = small(train_images=images, test_images=images[:1])

    assert data.train_images.dtype == data.test_images.dtype == np.dtype("=f4")
    np.testing.assert_array_equal(data.train_images, [[-1, 1], [1, -1]])


def test_small_differences_of_large_pixels_survive():
    images = 1_000_000_000 + np.array([[0, 1], [1, 0]])

    np.testing.assert_array_equal(small(train_images=images, test_images=images[:1]).test_images, [[-1, 1]])


def test_images_of_more_than_one_block_are_standardised_alike():
    images = np.tile(np.array([[0, 2], [4, 6]], dtype=np.uint8), (1000, 1))

    data = small(train_images=images, train_labels=np.tile([0, 1], 1000), test_images=images[:1])

    np.testing.assert_allclose(data.train_images, np.tile([[-3, -1], [1, 3]], (1000, 1)) / ROOT_5, rtol=1e-6)
    np.testing.assert_array_equal(data.test_images, data.train_images[-2:-1])


@pytest.mark.parametrize("dtype", ["uint8", "int32", ">i4", "uint64"])
def test_labels_become_int64(dtype):
    data = small(train_labels=np.array([0, 1], dtype=dtype))

    assert data.train_labels.dtype == np.dtype("=i8")
    assert data.train_labels.tolist() == [0, 1]


@pytest.mark.parametrize(("train_label", "test_label", "n_classes"), [(6, 2, 7), (6, 6, 7), (0, 0, 1)])
def test_classes_are_counted_over_the_training_set(train_label, test_label, n_classes):
    data = small(train_labels=np.array([0, train_label]), test_labels=np.array([test_label]))
    assert data.n_classes == n_classes


def test_a_class_that_only_the_test_set_has_is_refused():
    with pytest.raises(DataFileError, match="test_labels: the training set has labels up to 2, found 6"):
        small(train_labels=np.array([0, 2]), test_labels=np.array([6]))


def test_raw_arrays_are_left_as_they_are():
    images = np.array([[0.0, 2.0], [4.0, 6.0]], dtype=np.float32)
    labels = np.array([0, 1])

    data = small(train_images=images, train_labels=labels, test_images=images, test_labels=labels)
    data.train_images[:] = data.train_labels[:] = 9

    assert images.tolist() == [[0, 2], [4, 6]]
    assert labels.tolist() == [0, 1]


def test_standardising_needs_little_more_memory_than_its_result():
    images = np.zeros((20_000, 784), dtype=np.uint8)
    images[::2] = 255
    labels = np.zeros(20_000, dtype=np.uint8)

    tracemalloc.start()
    data = standardised("large", images, labels, images[:1], labels[:1])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert data.train_images.nbytes == 20_000 * 784 * 4
    assert peak < 1.2 * data.train_images.nbytes


def test_a_data_set_is_frozen():
    with pytest.raises(FrozenInstanceError):
        small().name = "other"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_images": np.full((2, 1, 2), 0.1)}, "train_images: all pixels are equal"),
        ({"train_images": np.array([["a"], ["b"]])}, "train_images: pixels must be real numbers"),
        ({"train_images": np.array([[1j], [2]])}, "train_images: pixels must be real numbers"),
        ({"test_images": np.array([[object(), object()]])}, "test_images: pixels must be real numbers"),
        ({"train_images": np.array([1.0, 2.0])}, r"train_images: expected the shape \(sample, ...\)"),
        ({"test_images": np.array(1.0)}, r"test_images: expected the shape \(sample, ...\)"),
        ({"train_images": np.zeros((0, 1, 2))}, "train_images: holds no pixels"),
        ({"test_images": np.zeros((1, 0, 2))}, "test_images: holds no pixels"),
        ({"test_images": np.zeros((1, 2, 1))}, r"test_images: one image has the shape \(2, 1\).*\(1, 2\)"),
        ({"train_images": np.array([[[0, np.nan]], [[1, 2]]])}, "train_images: has pixels that are not finite"),
        ({"train_images": np.array([[[0, np.inf]], [[1, 2]]])}, "train_images: has pixels that are not finite"),
        ({"train_images": np.array([[[-np.inf, np.inf]], [[1, 2]]])}, "train_images: has pixels that are not finite"),
        ({"train_images": np.array([[[0, 1e300]], [[1, 2]]])}, "train_images: has pixels.* too large"),
        ({"test_images": np.array([[[0, np.nan]]])}, "test_images: has pixels that are not finite"),
        ({"test_images": np.array([[[0, 1e300]]])}, "test_images: has pixels.* too large"),
        ({"train_labels": np.array([0.0, 1.0])}, "train_labels: labels must be integers, not float64"),
        ({"train_labels": np.array([False, True])}, "train_labels: labels must be integers, not bool"),
        ({"test_labels": np.array(["1"])}, "test_labels: labels must be integers"),
        ({"train_labels": np.array([0, -1])}, "train_labels: labels must not be negative, found -1"),
        ({"train_labels": np.array([0])}, r"train_labels: expected the shape \(2,\).* found \(1,\)"),
        ({"train_labels": np.array([[0], [1]])}, r"train_labels: expected the shape \(2,\).* found \(2, 1\)"),
        ({"test_labels": np.array([], dtype=int)}, r"test_labels: expected the shape \(1,\).* found \(0,\)"),
        ({"test_labels": np.array([2**63], dtype=np.uint64)}, "test_labels: labels must be smaller than 65536"),
    ],
)
def test_wrong_arrays_are_named(changes, message):
    with pytest.raises(DataFileError, match=f"^{message}"):
        small(**changes)
