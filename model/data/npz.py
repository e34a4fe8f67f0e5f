"""A user's own data set: one .npz file of four arrays, read without unpickling anything."""

import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from model.data.dataset import Dataset, standardised
from model.errors import DataFileError

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
"""The arrays an .npz file must hold; others are ignored. Images (sample, ...), labels (sample,)."""


def load_npz(path: Path) -> Dataset:
    """Load and standardise a file as `numpy.savez` or `numpy.savez_compressed` writes it; its stem is the set's name.

    Raises:
        DataFileError: If the file cannot be read, is no .npz file, is damaged, or an array is missing or wrong.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = _read_arrays(archive, path)
    except DataFileError:
        raise
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error}") from error
    except Exception as error:  # as zipfile finds it, in any of its parts
        raise DataFileError(f"{path}: is no .npz file, or a damaged one: {error}") from error
    try:
        return standardised(path.stem, *arrays)
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from error


def _read_arrays(archive: zipfile.ZipFile, path: Path) -> list[Shaped[np.ndarray, "..."]]:
    """The arrays in the order of ARRAYS.

    Raises:
        DataFileError: If one is missing, damaged, or holds Python objects.
    """
    there = archive.namelist()
    if missing := [name for name in ARRAYS if f"{name}.npy" not in there]:
        raise DataFileError(f"{path}: has no array {', '.join(missing)}; expected {', '.join(ARRAYS)}")
    return [_read_array(archive, name, path) for name in ARRAYS]


def _read_array(archive: zipfile.ZipFile, name: str, path: Path) -> Shaped[np.ndarray, "..."]:
    """One member of the file, read to its end: only there does zipfile compare the checksum.

    Raises:
        DataFileError: If it is damaged, or holds Python objects.
    """
    try:
        with archive.open(f"{name}.npy") as member:
            array: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
            trailing = member.read(1)
    except Exception as error:  # numpy parses a damaged header as Python, and says what is wrong with it in many ways
        raise DataFileError(f"{path}: {name} cannot be read: {error}") from error
    if trailing:
        raise DataFileError(f"{path}: {name} is longer than its header says")
    return array
