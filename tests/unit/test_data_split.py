"""The part of the training set withheld for validation."""

from dataclasses import fields

import numpy as np
import pytest

from model.data import Dataset, Split
from model.data.dataset import standardised


def numbered(n_samples: int) -> Dataset:
    """A data set whose sample i has label i, and pixels in the order of i."""
    ramp = np.arange(2 * n_samples).reshape(n_samples, 2)
    return standardised("numbered", ramp, np.arange(n_samples), ramp[:1], np.array([0]))


@pytest.mark.parametrize(
    ("n_samples", "fraction", "n_withheld"), [(10, 0.2, 2), (10, 0.25, 2), (7, 0.5, 4), (2, 0.5, 1)]
)
def test_the_fraction_is_withheld_and_rounded(n_samples, fraction, n_withheld):
    split = numbered(n_samples).split(fraction)

    assert len(split.validation_labels) == len(split.validation_images) == n_withheld
    assert len(split.train_labels) == len(split.train_images) == n_samples - n_withheld


def test_the_parts_are_disjoint_and_complete():
    split = numbered(100).split()
    assert sorted([*split.train_labels, *split.validation_labels]) == list(range(100))


def test_images_keep_their_labels():
    data = numbered(100)

    split = data.split()

    np.testing.assert_array_equal(split.train_images, data.train_images[split.train_labels])
    np.testing.assert_array_equal(split.validation_images, data.train_images[split.validation_labels])


def test_one_seed_withholds_the_same_samples_every_time():
    assert (
        numbered(100).split(seed=3).validation_labels.tolist() == numbered(100).split(seed=3).validation_labels.tolist()
    )


def test_another_seed_withholds_other_samples():
    assert (
        numbered(100).split(seed=0).validation_labels.tolist() != numbered(100).split(seed=1).validation_labels.tolist()
    )


def test_samples_are_withheld_from_everywhere():
    """The sum of 2000 of the numbers to 10,000 is 1e7 ± 1.2e5 (one standard deviation); the first 2000 add to 2e6."""
    assert abs(int(numbered(10_000).split().validation_labels.sum()) - 10_000_000) < 6e5


def test_a_split_knows_all_classes_and_no_test_set():
    ramp = np.arange(4).reshape(2, 2)
    split = standardised("five", ramp, np.array([0, 4]), ramp[:1], np.array([1])).split(0.5)

    assert split.n_classes == 5
    assert not [field.name for field in fields(Split) if "test" in field.name]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.2, 1.5, float("nan"), float("inf")])
def test_a_fraction_outside_the_unit_interval_is_refused(fraction):
    with pytest.raises(ValueError, match="validation_fraction must lie between 0 and 1"):
        numbered(10).split(fraction)


@pytest.mark.parametrize("fraction", [0.04, 0.96])
def test_a_fraction_that_leaves_a_part_empty_is_refused(fraction):
    with pytest.raises(ValueError, match="training and validation need at least one each"):
        numbered(10).split(fraction)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed must not be negative"):
        numbered(10).split(seed=-1)
