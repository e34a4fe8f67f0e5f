"""The binary format of CIFAR-10: records of one label byte and 3072 pixel bytes, one after the other.

Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
"""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from model.errors import DataFileError

N_CLASSES = 10

RECORD_LENGTH = 1 + 3 * 32 * 32
"""Bytes of a record: its label; then 32 rows of 32 pixels in red, the same in green and in blue."""


def parse_records(content: bytes, n_records: int, path: Path) -> UInt8[np.ndarray, "record byte"]:
    """Read the content of a file into a read-only array, a row of RECORD_LENGTH bytes for each record.

    Args:
        content: The whole file.
        n_records: How many records it must hold.
        path: The file to name in an error.

    Raises:
        DataFileError: If it is truncated or too long, or a label is not smaller than N_CLASSES.
    """
    expected_length = n_records * RECORD_LENGTH
    if len(content) != expected_length:
        raise DataFileError(
            f"{path}: expected {n_records} records of {RECORD_LENGTH} bytes, {expected_length} in all, "
            f"found {len(content)} bytes"
        )
    records = np.frombuffer(content, dtype=np.uint8).reshape(n_records, RECORD_LENGTH)
    labels = records[:, 0]
    if (largest := int(labels.max())) >= N_CLASSES:
        raise DataFileError(
            f"{path}: labels must be smaller than {N_CLASSES}, found {largest} in record {labels.argmax()}"
        )
    return records


def check_balance(what: str, records: UInt8[np.ndarray, "record byte"]) -> None:
    """Check that there are as many records of each class as of any other, which is published of CIFAR-10.

    Whole files with valid labels may still be the wrong ones, or end with zeros that were never overwritten.

    Args:
        what: What to call the records in an error.
        records: All of the training set, or all of the test set.

    Raises:
        DataFileError: If there are more of one class than of another.
    """
    counts = np.bincount(records[:, 0], minlength=N_CLASSES).tolist()
    if len({*counts}) > 1:
        raise DataFileError(
            f"{what}: expected {len(records) // N_CLASSES} images of each class, found {counts}, classes in order"
        )
