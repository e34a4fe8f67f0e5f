"""CIFAR-10 in its binary version: unpacked files, or else the archive they come in, fetched when absent."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from model.data.archive import read_members
from model.data.cifar_records import check_balance, parse_records
from model.data.dataset import Dataset, standardised
from model.data.directory import is_file, read_bytes
from model.data.download import download
from model.errors import DataFileError

FOLDER = "cifar-10-batches-bin"
"""Where the files are, in the archive and once it has been unpacked."""

FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
"""The files of the training set, and that of the test set."""


@dataclass(frozen=True)
class CifarArchive:
    """A published archive with FILES in FOLDER. Their own hashes are not published: unpacked, they are checked less."""

    name: str
    url: str
    sha256: str
    """Of the archive as it is."""
    records_per_file: int

    def directory(self, data_dir: Path) -> Path:
        """Where the files should be if the archive has been unpacked."""
        return data_dir / FOLDER

    def archive(self, data_dir: Path) -> Path:
        """Where the archive should be, or would be downloaded to."""
        return data_dir / self.url.rpartition("/")[2]

    def missing(self, data_dir: Path) -> list[str]:
        """The files that are not in the directory."""
        return [file for file in FILES if not is_file(self.directory(data_dir) / file)]

    def source(self, data_dir: Path) -> Path | None:
        """What would be read: the directory if no file is missing, or else the archive if that is there."""
        if not self.missing(data_dir):
            return self.directory(data_dir)
        archive = self.archive(data_dir)
        return archive if is_file(archive) else None

    def load(self, data_dir: Path) -> Dataset:
        """Load the data set, downloading the archive if neither it nor all the files are there.

        Raises:
            DataFileError: If it is missing and cannot be downloaded, or is not the one published, or a file is not what
                it should be.
        """
        source = self.source(data_dir) or self._download(data_dir)
        train, test = self._records(source)
        try:
            check_balance("train_labels", train)
            check_balance("test_labels", test)
            return standardised(self.name, train[:, 1:], train[:, 0], test[:, 1:], test[:, 0])
        except DataFileError as error:
            raise DataFileError(f"{source}: {error}") from error

    def _download(self, data_dir: Path) -> Path:
        archive = self.archive(data_dir)
        try:
            download(self.url, archive, self.sha256, "compressed")
        except OSError as error:
            raise DataFileError(
                f"{self.name}: {', '.join(self.missing(data_dir))} missing from {self.directory(data_dir)}, {archive} "
                f"missing as well, and not to be had from {self.url}: {error}"
            ) from error
        return archive

    def _records(self, source: Path) -> tuple[UInt8[np.ndarray, "train_record byte"], UInt8[np.ndarray, "record byte"]]:
        """Those of the training set, file by file, and those of the test set."""
        if is_file(source):
            contents = read_members(source, [f"{FOLDER}/{file}" for file in FILES], self.sha256)
        else:
            contents = [read_bytes(source / file) for file in FILES]
        *train, test = (
            parse_records(content, self.records_per_file, source / file)
            for content, file in zip(contents, FILES, strict=True)
        )
        return np.concatenate(train), test


CIFAR10 = CifarArchive(
    name="cifar10",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    records_per_file=10_000,
)
