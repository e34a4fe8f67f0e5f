"""The handwritten digits that come with scikit-learn: 1797 images of 8×8 pixels, for when seconds matter."""

import numpy as np

from model.data.dataset import Dataset, standardised

_SPLIT_SEED = 0


def load_digits() -> Dataset:
    """The 10 digits, always split in the same way: 1437 training and 360 test images, with the classes in proportion.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI repository (its test set).
    """
    # Importing scikit-learn takes two seconds, which the service, in need of nothing but the names, shall not wait.
    from sklearn.datasets import load_digits as load_from_sklearn  # noqa: PLC0415 - see above
    from sklearn.model_selection import train_test_split  # noqa: PLC0415 - see above

    bunch = load_from_sklearn()
    train, test = train_test_split(
        np.arange(len(bunch.target)), test_size=0.2, random_state=_SPLIT_SEED, stratify=bunch.target
    )
    return standardised("digits", bunch.images[train], bunch.target[train], bunch.images[test], bunch.target[test])
