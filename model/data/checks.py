"""Whether raw images and labels are what a data set needs."""

import numpy as np
from jaxtyping import Shaped

from model.errors import DataFileError

MAX_CLASSES = 65_536
"""Largest number of classes; every class is an output neuron, so a larger label is a mistake."""


def check_images(what: str, images: Shaped[np.ndarray, "..."]) -> None:
    """Check the type and shape of raw images (sample, ...); whether they are finite shows when they are standardised.

    Args:
        what: What to call the images in an error.
        images: The raw images.

    Raises:
        DataFileError: If they are no numbers, are not one array per sample, or are empty.
    """
    if images.dtype.kind not in "buif":
        raise DataFileError(f"{what}: pixels must be real numbers, not {images.dtype}")
    if images.ndim < 2:
        raise DataFileError(f"{what}: expected the shape (sample, ...) with at least 2 axes, found {images.shape}")
    if images.size == 0:
        raise DataFileError(f"{what}: holds no pixels, its shape is {images.shape}")


def check_labels(what: str, labels: Shaped[np.ndarray, "..."], n_samples: int) -> None:
    """Check that there is one class index (sample,) for each of n_samples images.

    Args:
        what: What to call the labels in an error.
        labels: The raw labels.
        n_samples: How many images they belong to.

    Raises:
        DataFileError: If they are not integers in [0, MAX_CLASSES), or not as many as images.
    """
    if labels.dtype.kind not in "iu":
        raise DataFileError(f"{what}: labels must be integers, not {labels.dtype}")
    if labels.shape != (n_samples,):
        raise DataFileError(f"{what}: expected the shape ({n_samples},), one label per image, found {labels.shape}")
    if (smallest := int(labels.min())) < 0:
        raise DataFileError(f"{what}: labels must not be negative, found {smallest}")
    if (largest := int(labels.max())) >= MAX_CLASSES:
        raise DataFileError(f"{what}: labels must be smaller than {MAX_CLASSES}, found {largest}")


def check_known_classes(train_labels: Shaped[np.ndarray, "..."], test_labels: Shaped[np.ndarray, "..."]) -> None:
    """Check that no test label is larger than all training labels (train_sample,): nobody could learn it.

    Raises:
        DataFileError: If one is.
    """
    if (largest := int(test_labels.max())) > (known := int(train_labels.max())):
        raise DataFileError(f"test_labels: the training set has labels up to {known}, found {largest}")


def check_same_pixels(train_images: Shaped[np.ndarray, "..."], test_images: Shaped[np.ndarray, "..."]) -> None:
    """Check that a training image (train_sample, ...) and a test image (test_sample, ...) have the same shape.

    Raises:
        DataFileError: If they differ.
    """
    if train_images.shape[1:] != test_images.shape[1:]:
        raise DataFileError(
            f"test_images: one image has the shape {test_images.shape[1:]}, "
            f"but one of train_images {train_images.shape[1:]}"
        )
