"""A user's own data set: one .npz file of four arrays, read without unpickling anything."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from model.data.dataset import Dataset, standardised
from model.errors import DataFileError

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
"""The arrays an .npz file must hold; others are ignored. Images (sample, ...), labels (sample,)."""

_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)


def load_npz(path: Path) -> Dataset:
    """Load and standardise a file as `numpy.savez` or `numpy.savez_compressed` writes it; its stem is the set's name.

    Raises:
        DataFileError: If the file cannot be read, is no .npz file, is damaged, or an array is missing or wrong.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            missing = {f"{name}.npy" for name in ARRAYS} - set(archive.namelist())
            if missing:
                names = ", ".join(name for name in ARRAYS if f"{name}.npy" in missing)
                raise DataFileError(f"{path}: has no array {names}; expected {', '.join(ARRAYS)}")
            arrays = [_read_array(archive, name, path) for name in ARRAYS]
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DataFileError(f"{path}: is no .npz file, or a damaged one: {error}") from error
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error}") from error
    try:
        return standardised(path.stem, *arrays)
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from error


def _read_array(archive: zipfile.ZipFile, name: str, path: Path) -> Shaped[np.ndarray, "..."]:
    """One member of the file, read to its end: only there does zipfile compare the checksum.

    Raises:
        DataFileError: If it is damaged, or holds Python objects.
    """
    try:
        with archive.open(f"{name}.npy") as member:
            array: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
            trailing = member.read(1)
    except _UNREADABLE as error:
        raise DataFileError(f"{path}: {name} cannot be read: {error}") from error
    if trailing:
        raise DataFileError(f"{path}: {name} is longer than its header says")
    return array
