"""The real MNIST, Fashion-MNIST and CIFAR-10, checked against what is published about them."""

import re
import shutil

import numpy as np
import pytest

from model.data.cifar10 import CIFAR10
from model.data.torchvision_folder import FASHION_MNIST, MNIST
from model.errors import DataFileError


def test_mnist_is_the_published_one(real_data_directory):
    """First labels, images per class and normalisation (0.1307, 0.3081) as published and used everywhere."""
    data = MNIST.load(real_data_directory)

    assert (data.name, data.n_pixels, data.n_classes) == ("mnist", 784, 10)
    assert data.train_images.shape == (60_000, 784)
    assert data.test_images.shape == (10_000, 784)
    assert data.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert data.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(data.train_labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    for images in (data.train_images, data.test_images):
        assert images.min() == pytest.approx(-0.1307 / 0.3081, abs=4e-4)
        assert images.max() == pytest.approx((1 - 0.1307) / 0.3081, abs=1e-3)


def test_fashion_mnist_is_the_published_one(real_data_directory):
    """First labels and normalisation (0.2860, 0.3530) as published; the classes are equally frequent."""
    data = FASHION_MNIST.load(real_data_directory)

    assert (data.name, data.n_pixels, data.n_classes) == ("fashion-mnist", 784, 10)
    assert data.train_labels[:5].tolist() == [9, 0, 0, 3, 0]
    assert data.test_labels[:5].tolist() == [9, 2, 1, 1, 6]
    assert np.bincount(data.train_labels).tolist() == [6000] * 10
    assert np.bincount(data.test_labels).tolist() == [1000] * 10
    assert data.train_images.min() == pytest.approx(-0.2860 / 0.3530, abs=4e-4)
    assert data.train_images.max() == pytest.approx((1 - 0.2860) / 0.3530, abs=1e-3)


def test_cifar10_is_the_published_one(real_data_directory):
    """Normalisation (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616) of red, green, blue as used everywhere.

    For all pixels these make a mean of 0.4734 and a deviation of 0.2516.
    """
    if CIFAR10.source(real_data_directory) is None:
        pytest.skip(f"no CIFAR-10 in {real_data_directory}")
    data = CIFAR10.load(real_data_directory)

    assert (data.name, data.n_classes) == ("cifar10", 10)
    assert data.train_images.shape == (50_000, 3072)
    assert data.test_images.shape == (10_000, 3072)
    assert np.bincount(data.train_labels).tolist() == [5000] * 10
    assert np.bincount(data.test_labels).tolist() == [1000] * 10
    colours = data.train_images.reshape(-1, 3, 1024)
    expected = (np.array([0.4914, 0.4822, 0.4465]) - 0.4734) / 0.2516
    np.testing.assert_allclose(colours.mean(axis=(0, 2), dtype=np.float64), expected, atol=1e-3)
    np.testing.assert_allclose(
        [colours[:, colour].std(dtype=np.float64) for colour in range(3)],
        np.array([0.2470, 0.2435, 0.2616]) / 0.2516,
        atol=1e-3,
    )


def test_mnist_is_split_into_48000_and_12000(real_data_directory):
    split = MNIST.load(real_data_directory).split()
    assert (len(split.train_images), len(split.validation_images)) == (48_000, 12_000)


@pytest.mark.parametrize("damage", [lambda content: content[:-1000], lambda content: content[:1000] + content[1001:]])
def test_a_damaged_file_of_mnist_is_named(real_data_directory, tmp_path, damage):
    shutil.copytree(real_data_directory / "MNIST", tmp_path / "MNIST", copy_function=shutil.copyfile)
    labels = next((tmp_path / "MNIST" / "raw").glob("t10k-labels-idx1-ubyte*"))
    labels.write_bytes(damage(labels.read_bytes()))

    with pytest.raises(DataFileError, match=f"^{re.escape(str(labels))}: "):
        MNIST.load(tmp_path)


@pytest.mark.parametrize(("mine", "other"), [(MNIST, FASHION_MNIST), (FASHION_MNIST, MNIST)])
def test_one_set_in_the_folder_of_the_other_is_noticed(real_data_directory, tmp_path, mine, other):
    shutil.copytree(real_data_directory / other.folder, tmp_path / mine.folder)
    with pytest.raises(DataFileError, match=f"train-images-idx3-ubyte.*expected the sha256 {mine.sha256[0]}"):
        mine.load(tmp_path)
