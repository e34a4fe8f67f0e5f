"""A data set as the networks see it: flat standardised images, class labels, a split for validation."""

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from jaxtyping import Float32, Int64, Shaped

from model.data.checks import check_images, check_known_classes, check_labels, check_same_pixels
from model.data.pixels import mean_and_deviation, standardise

_WITHHOLDING = 101  # the purpose of this random stream, so that it shares no numbers with others of the same seed


@dataclass(frozen=True, eq=False)
class Split:
    """The training set without, and the part withheld for, validation. Holds no test set: a search cannot touch it.

    Where it comes from is as `Dataset` has it.
    """

    train_images: Float32[np.ndarray, "train_sample pixel"]
    train_labels: Int64[np.ndarray, " train_sample"]
    validation_images: Float32[np.ndarray, "validation_sample pixel"]
    validation_labels: Int64[np.ndarray, " validation_sample"]
    n_classes: int
    name: str = ""
    mean: float = 0.0
    deviation: float = 1.0
    digest: str = ""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images standardised by the mean and standard deviation of all training pixels, and their classes from 0.

    Attributes:
        mean: Of the raw training pixels, in their unit: what is 0 here.
        deviation: Of the raw training pixels, in their unit: what is 1 here.
        digest: Of the raw training images and their labels; tells them from others of the same name.
    """

    name: str
    train_images: Float32[np.ndarray, "train_sample pixel"]
    train_labels: Int64[np.ndarray, " train_sample"]
    test_images: Float32[np.ndarray, "test_sample pixel"]
    test_labels: Int64[np.ndarray, " test_sample"]
    mean: float
    deviation: float
    digest: str

    @property
    def n_pixels(self) -> int:
        """Pixels of one image."""
        return int(self.train_images.shape[1])

    @property
    def n_classes(self) -> int:
        """1 + the largest label of the training set."""
        return 1 + int(self.train_labels.max())

    def split(self, validation_fraction: float = 0.2, seed: int = 0) -> Split:
        """Withhold a random part of the training set; the same part for the same seed.

        Both parts keep the order of the training set.

        Args:
            validation_fraction: Share of the training samples to withhold, in (0, 1); the count is rounded.
            seed: A non-negative integer.

        Raises:
            ValueError: If the fraction is not in (0, 1) or leaves a part empty, or the seed is negative.
        """
        if not 0 < validation_fraction < 1:
            raise ValueError(f"validation_fraction must lie between 0 and 1, both excluded, not {validation_fraction}")
        if seed < 0:
            raise ValueError(f"seed must not be negative, not {seed}")
        n_samples = len(self.train_labels)
        n_withheld = round(validation_fraction * n_samples)
        if not 0 < n_withheld < n_samples:
            raise ValueError(
                f"validation_fraction {validation_fraction} would withhold {n_withheld} of {n_samples} samples; "
                "training and validation need at least one each"
            )
        withheld = np.zeros(n_samples, dtype=np.bool_)
        withheld[np.random.default_rng([seed, _WITHHOLDING]).permutation(n_samples)[:n_withheld]] = True
        return Split(
            train_images=self.train_images[~withheld],
            train_labels=self.train_labels[~withheld],
            validation_images=self.train_images[withheld],
            validation_labels=self.train_labels[withheld],
            n_classes=self.n_classes,
            name=self.name,
            mean=self.mean,
            deviation=self.deviation,
            digest=self.digest,
        )

    def standardised_by(self, mean: float, deviation: float) -> "Dataset":
        """The same images, standardised as those were that a network was trained on.

        Args:
            mean: Of those pixels, in the unit that this data set's raw pixels have.
            deviation: Of those pixels, in the same unit.

        Raises:
            DataFileError: If a pixel becomes so large that sums of pixels would not be finite.
        """
        if (mean, deviation) == (self.mean, self.deviation):
            return self
        # (raw − mean) / deviation, where raw = self.mean + self.deviation · pixel
        shift, scale = (mean - self.mean) / self.deviation, deviation / self.deviation
        return replace(
            self,
            train_images=standardise("train_images", self.train_images, shift, scale),
            test_images=standardise("test_images", self.test_images, shift, scale),
            mean=mean,
            deviation=deviation,
        )


def standardised(
    name: str,
    train_images: Shaped[np.ndarray, "..."],
    train_labels: Shaped[np.ndarray, "..."],
    test_images: Shaped[np.ndarray, "..."],
    test_labels: Shaped[np.ndarray, "..."],
) -> Dataset:
    """Make a data set of raw images: check, flatten and standardise them. The arguments are left as they are.

    Args:
        name: Name of the data set.
        train_images: Real numbers in any unit, (train_sample, ...).
        train_labels: Integers from 0, (train_sample,).
        test_images: As the training images, (test_sample, ...).
        test_labels: Integers from 0, (test_sample,).

    Raises:
        DataFileError: If an array is not what it should be; the message starts with the array's name.
    """
    check_images("train_images", train_images)
    check_images("test_images", test_images)
    check_same_pixels(train_images, test_images)
    check_labels("train_labels", train_labels, len(train_images))
    check_labels("test_labels", test_labels, len(test_images))
    check_known_classes(train_labels, test_labels)
    flat_train = train_images.reshape(len(train_images), -1)
    flat_test = test_images.reshape(len(test_images), -1)
    mean, deviation = mean_and_deviation("train_images", flat_train)
    classes = train_labels.astype(np.int64)
    return Dataset(
        name=name,
        train_images=standardise("train_images", flat_train, mean, deviation),
        train_labels=classes,
        test_images=standardise("test_images", flat_test, mean, deviation),
        test_labels=test_labels.astype(np.int64),
        mean=mean,
        deviation=deviation,
        digest=_digest(flat_train, classes),
    )


def _digest(images: Shaped[np.ndarray, "..."], labels: Int64[np.ndarray, " sample"]) -> str:
    """The sha256 of the bytes of images and labels: 30 ms for MNIST, which takes a second and more to load."""
    found = sha256(np.ascontiguousarray(images).data)
    found.update(np.ascontiguousarray(labels).data)
    return found.hexdigest()
