"""Fetch one published file, so that only a complete and verified one ever appears under its name."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pooch

from model.data.idx import read_content
from model.errors import DataFileError

Form = Literal["compressed", "decompressed"]
"""What was hashed: the file as it is, or its content once it is no longer gzipped."""

_CHUNK = 2**20  # bytes
_TIMEOUT = 30  # seconds without an answer


def download(url: str, path: Path, sha256: str, form: Form) -> None:
    """Fetch a file into place, making its folder; whatever goes wrong, no part of it is left under its name.

    Args:
        url: Where the file is, gzipped or not.
        path: Where it shall be.
        sha256: What it must hash to, in hexadecimal.
        form: What the sha256 is of.

    Raises:
        DataFileError: If what came is truncated, corrupted or another file.
        OSError: If the server cannot be reached or has no such file, or the folder cannot be written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
        fetched = Path(folder) / path.name
        pooch.HTTPDownloader(chunk_size=_CHUNK, timeout=_TIMEOUT)(url, str(fetched), None)
        try:
            content = read_content(fetched) if form == "decompressed" else fetched.read_bytes()
            verify_sha256(content, sha256, url, form)
        except DataFileError as error:
            raise DataFileError(f"download of {url} failed: {error}") from error
        fetched.replace(path)


def verify_sha256(content: bytes, expected: str, where: Path | str, form: Form) -> None:
    """Check that content is the one published.

    Args:
        content: The whole file, in the form its sha256 was published for.
        expected: Its published sha256, in hexadecimal.
        where: The file or URL to name in an error.
        form: The content's.

    Raises:
        DataFileError: If it is another.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise DataFileError(
            f"{where}: is not the published file: expected the sha256 {expected} ({form}), found {found}"
        )
