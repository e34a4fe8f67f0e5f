"""The data sets there are, by name."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from model.data.cifar10 import CIFAR10, CifarArchive
from model.data.dataset import Dataset
from model.data.digits import load_digits
from model.data.directory import DIRECTORY_VARIABLE, default_directory, files_in
from model.data.npz import load_npz
from model.data.torchvision_folder import FASHION_MNIST, MNIST, TorchvisionFolder
from model.errors import UnknownDatasetError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # nothing that could lead out of the data directory

_BUILT_INS: Mapping[str, Callable[[Path], Dataset]] = {
    "digits": lambda _data_dir: load_digits(),
    MNIST.name: MNIST.load,
    FASHION_MNIST.name: FASHION_MNIST.load,
    CIFAR10.name: CIFAR10.load,
}


@dataclass(frozen=True)
class DatasetInfo:
    """What is known about a data set without loading it."""

    name: str
    description: str
    ready: bool
    """Whether its files are there; they have not been opened."""
    detail: str
    """Where the files are, or what is missing and where it will come from."""


def load(name: str, data_dir: Path) -> Dataset:
    """Load a built-in data set, downloading it if need be, or `<data_dir>/<name>.npz`.

    Raises:
        UnknownDatasetError: If there is none of this name.
        DataFileError: If its files are absent and cannot be downloaded, or are damaged or wrong.
    """
    check_name(name, data_dir)
    if name in _BUILT_INS:
        return _BUILT_INS[name](data_dir)
    return load_npz(data_dir / f"{name}.npz")


def load_file(path: Path) -> Dataset:
    """Load an .npz file from anywhere; its stem is the data set's name.

    Raises:
        DataFileError: If it is absent, damaged or wrong.
    """
    return load_npz(path)


def find(dataset: Dataset | Path | str, data_dir: Path | str | None = None) -> Dataset:
    """A data set as people name it.

    Args:
        dataset: A name, the path of an .npz file, or the data set itself.
        data_dir: Where it is looked for by its name; by default as INFOMORPHIC_DATA_DIR says, or else the user's own.

    Raises:
        UnknownDatasetError: If there is none of this name.
        DataFileError: If its files are absent and cannot be downloaded, or are damaged or wrong.
    """
    if isinstance(dataset, Dataset):
        return dataset
    if isinstance(dataset, Path) or dataset.endswith(".npz"):
        return load_file(Path(dataset))
    return load(dataset, Path(data_dir or os.environ.get(DIRECTORY_VARIABLE) or default_directory()))


def check_name(name: str, data_dir: Path) -> None:
    """Check that a data set has this name; whether it can be loaded shows only then.

    Raises:
        UnknownDatasetError: If there is none; the message lists the names that are valid.
    """
    if name not in _BUILT_INS and name not in (own := _own_names(data_dir)):
        names = [*_BUILT_INS, *own]
        raise UnknownDatasetError(
            f"unknown data set {name!r}; expected one of {', '.join(names)}, "
            "or the name of another .npz file (letters, digits, '.', '_' and '-') put into the data directory"
        )


def describe(data_dir: Path) -> list[DatasetInfo]:
    """Every data set there is: the built-in ones first, then the .npz files by name. Loads none.

    A file with the name of a built-in data set is left out: the built-in one wins.
    """
    own = [
        DatasetInfo(name, "your own .npz file", ready=True, detail=str(data_dir / f"{name}.npz"))
        for name in _own_names(data_dir)
    ]
    return [
        DatasetInfo("digits", "1797 handwritten digits, 8×8", ready=True, detail="comes with scikit-learn"),
        _describe_folder(MNIST, "70,000 handwritten digits, 28×28", data_dir),
        _describe_folder(FASHION_MNIST, "70,000 articles of clothing in 10 classes, 28×28", data_dir),
        _describe_archive(CIFAR10, "60,000 photographs in 10 classes, 32×32 in colour", data_dir),
        *own,
    ]


def _describe_folder(folder: TorchvisionFolder, description: str, data_dir: Path) -> DatasetInfo:
    directory = folder.directory(data_dir)
    missing = folder.missing(data_dir)
    detail = (
        f"{', '.join(missing)} missing from {directory}; will be downloaded from {folder.base_url} when first loaded"
        if missing
        else str(directory)
    )
    return DatasetInfo(folder.name, description, ready=not missing, detail=detail)


def _describe_archive(archive: CifarArchive, description: str, data_dir: Path) -> DatasetInfo:
    source = archive.source(data_dir)
    detail = (
        f"{', '.join(archive.missing(data_dir))} missing from {archive.directory(data_dir)}, and "
        f"{archive.archive(data_dir)} as well, which will be downloaded from {archive.url} when first loaded"
        if source is None
        else str(source)
    )
    return DatasetInfo(archive.name, description, ready=source is not None, detail=detail)


def _own_names(data_dir: Path) -> list[str]:
    stems = (path.stem for path in files_in(data_dir, ".npz"))
    return sorted(stem for stem in stems if _NAME.fullmatch(stem) and stem not in _BUILT_INS)
