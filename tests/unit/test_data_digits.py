"""scikit-learn's digits."""

import numpy as np
import pytest

from model.data.digits import load_digits

# Images per class as the UCI repository states them for this file (optdigits.tes).
IMAGES_PER_CLASS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def test_the_sizes_are_as_documented(digits):
    assert digits.train_images.shape == (1437, 64)
    assert digits.test_images.shape == (360, 64)
    assert digits.n_classes == 10


def test_every_image_is_in_one_part(digits):
    counts = np.bincount(digits.train_labels) + np.bincount(digits.test_labels)
    images = np.concatenate([digits.train_images, digits.test_images])

    assert counts.tolist() == IMAGES_PER_CLASS
    assert len(np.unique(images, axis=0)) == 1797


def test_a_fifth_of_every_class_is_in_the_test_set(digits):
    np.testing.assert_allclose(np.bincount(digits.test_labels), 0.2 * np.array(IMAGES_PER_CLASS), atol=1)


def test_images_keep_their_labels(digits):
    """The mean image of a class tells the classes of the test set apart, by far."""
    means = np.stack([digits.train_images[digits.train_labels == label].mean(axis=0) for label in range(10)])
    distances = np.linalg.norm(digits.test_images[:, None] - means, axis=2)
    assert (distances.argmin(axis=1) == digits.test_labels).mean() > 0.8


def test_the_split_is_the_same_every_time(digits):
    np.testing.assert_array_equal(load_digits().test_images, digits.test_images)
