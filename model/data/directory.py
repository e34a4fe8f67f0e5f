"""Where data sets are kept when nobody says otherwise, and what is there."""

import os
from pathlib import Path

from platformdirs import user_data_path

from model.errors import DataFileError

DIRECTORY_VARIABLE = "INFOMORPHIC_DATA_DIR"
"""Environment variable that names another directory."""


def default_directory() -> Path:
    """The user's own data directory for this program."""
    return user_data_path("infomorphic") / "data"


def is_file(path: Path) -> bool:
    """Whether a file is there for us: not where a directory above may not be searched, for which pathlib raises."""
    return os.path.isfile(path)  # noqa: PTH113 - see above


def files_in(directory: Path, ending: str) -> list[Path]:
    """The files of a directory with this ending; none where it is not there for us."""
    if not os.path.isdir(directory):  # noqa: PTH112 - as above
        return []
    return [path for path in directory.glob(f"*{ending}") if is_file(path)]


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        DataFileError: If the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error}") from error
