"""Standardise images, block by block: the sums need float64, but never for all the images at once."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32, Shaped

from model.errors import DataFileError

_BLOCK = 256  # samples; 28×28 of them are 1.6 MB of float64, which stays in the cache

_LARGEST = 1e18  # standardised; sums of weighted pixels and their products stay far from the largest float32


def mean_and_deviation(what: str, images: Shaped[np.ndarray, "sample pixel"]) -> tuple[float, float]:
    """Mean and (population) standard deviation over every pixel of every sample.

    Args:
        what: What to call the images in an error.
        images: The raw images.

    Raises:
        DataFileError: If the images are constant, not finite, or too large for their variance to be finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(images.mean(dtype=np.float64))
        squares = sum(float(np.square(images[block].astype(np.float64) - mean).sum()) for block in _blocks(images))
    if not np.isfinite(squares):
        raise DataFileError(f"{what}: has pixels that are not finite, or too large to standardise")
    if images.min() == images.max() or squares == 0:
        raise DataFileError(f"{what}: all pixels are equal, so that they cannot be standardised")
    return mean, float(np.sqrt(squares / images.size))


def standardise(
    what: str, images: Shaped[np.ndarray, "sample pixel"], mean: float, deviation: float
) -> Float32[np.ndarray, "sample pixel"]:
    """(images − mean) / deviation, in a new array.

    Args:
        what: What to call the images in an error.
        images: The raw images.
        mean: What becomes 0, in the images' unit.
        deviation: What becomes 1, in the images' unit.

    Raises:
        DataFileError: If a pixel is not finite, or so large that sums of pixels would not be.
    """
    result = np.empty(images.shape, dtype=np.float32)
    for block in _blocks(images):
        with np.errstate(over="ignore", invalid="ignore"):
            result[block] = (images[block].astype(np.float64) - mean) / deviation
        if not (np.abs(result[block]) <= _LARGEST).all():
            raise DataFileError(f"{what}: has pixels that are not finite, or too large to standardise")
    return result


def _blocks(images: Shaped[np.ndarray, "sample pixel"]) -> Iterator[slice]:
    for start in range(0, len(images), _BLOCK):
        yield slice(start, start + _BLOCK)
