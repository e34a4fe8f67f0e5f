"""MNIST and Fashion-MNIST: IDX files in the folder layout of torchvision, fetched when absent."""

from dataclasses import dataclass
from pathlib import Path

from model.data.dataset import Dataset, standardised
from model.data.directory import is_file
from model.data.download import download, verify_sha256
from model.data.idx import parse_idx, read_content
from model.errors import DataFileError

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""The files of every such folder, without the .gz they may end with, in the order of `Dataset`."""


@dataclass(frozen=True)
class TorchvisionFolder:
    """A published data set of four IDX files in `<data_dir>/<folder>/raw`, each as it is or gzipped."""

    name: str
    folder: str
    base_url: str
    """Where `<file>.gz` can be had, ending with a slash."""
    sha256: tuple[str, str, str, str]
    """Of the decompressed files, in the order of FILES."""

    def directory(self, data_dir: Path) -> Path:
        """Where the files should be."""
        return data_dir / self.folder / "raw"

    def missing(self, data_dir: Path) -> list[str]:
        """The files that are there neither as they are nor gzipped."""
        return [file for file in FILES if not is_file(self._path(data_dir, file))]

    def load(self, data_dir: Path) -> Dataset:
        """Load the data set, downloading the files that are missing.

        Raises:
            DataFileError: If a file is missing and cannot be downloaded, or is not the one published.
        """
        self._download_missing(data_dir)
        arrays = []
        for file, sha256 in zip(FILES, self.sha256, strict=True):
            path = self._path(data_dir, file)
            try:
                content = read_content(path)
            except DataFileError as error:
                raise DataFileError(f"{error}; expected the sha256 {sha256} (decompressed)") from error
            verify_sha256(content, sha256, path, "decompressed")
            arrays.append(parse_idx(content, path))
        return standardised(self.name, *arrays)

    def _path(self, data_dir: Path, file: str) -> Path:
        """Where a file is, or would be downloaded to."""
        plain = self.directory(data_dir) / file
        return plain if is_file(plain) else plain.with_name(f"{file}.gz")

    def _download_missing(self, data_dir: Path) -> None:
        for file in self.missing(data_dir):
            try:
                sha256 = self.sha256[FILES.index(file)]
                download(f"{self.base_url}{file}.gz", self._path(data_dir, file), sha256, "decompressed")
            except OSError as error:
                raise DataFileError(
                    f"{self.name}: {', '.join(self.missing(data_dir))} (each as it is or as .gz) missing from "
                    f"{self.directory(data_dir)}, and not to be had from {self.base_url}: {error}"
                ) from error


MNIST = TorchvisionFolder(
    name="mnist",
    folder="MNIST",
    base_url="https://ossci-datasets.s3.amazonaws.com/mnist/",
    sha256=(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)

FASHION_MNIST = TorchvisionFolder(
    name="fashion-mnist",
    folder="FashionMNIST",
    base_url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    sha256=(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)
