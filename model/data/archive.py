"""Read single files out of a gzipped tar archive, without unpacking it to anywhere."""

import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from model.data.directory import read_bytes
from model.data.download import verify_sha256
from model.errors import DataFileError


def read_members(path: Path, names: Sequence[str], sha256: str) -> list[bytes]:
    """The contents of some files in a .tar.gz archive, in the order of their names; links are not followed.

    Args:
        path: The archive.
        names: What the files are called in it.
        sha256: What the archive itself must hash to, in hexadecimal.

    Raises:
        DataFileError: If the archive cannot be read, is another or damaged, or a file is missing from it.
    """
    archive = read_bytes(path)
    verify_sha256(archive, sha256, path, "compressed")
    try:
        contents = _regular_files(archive, names)
    except tarfile.TarError as error:
        raise DataFileError(f"{path}: is no .tar.gz archive, or a damaged one: {error}") from error
    if missing := [name for name in names if name not in contents]:
        raise DataFileError(f"{path}: expected {', '.join(names)} as files in it, but has no {', '.join(missing)}")
    return [contents[name] for name in names]


def _regular_files(archive: bytes, names: Sequence[str]) -> dict[str, bytes]:
    """The contents of those that are there, read in one pass: every way back in a gzip stream begins at its start."""
    contents = {}
    with tarfile.open(fileobj=BytesIO(archive), mode="r|gz") as members:
        for member in members:
            file = members.extractfile(member) if member.isreg() and member.name in names else None
            if file is not None:
                contents[member.name] = file.read()
    return contents
