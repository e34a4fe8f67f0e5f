"""The files of a checkpoint: a document, and the tensors it names. Whatever happens, one whole checkpoint is there."""

import os
import re
from hashlib import sha256
from pathlib import Path

from model.checkpoints.document import Description, Document, TensorFile, parse
from model.errors import CheckpointError

DOCUMENT = "config.json"

OURS = re.compile(r"epoch-\d+-[0-9a-f]{16}\.safetensors(\.partial)?")
"""Names of tensors' files; others in the directory are somebody else's."""


def write(directory: Path, description: Description, tensors: bytes) -> None:
    """Write a checkpoint in the place of the one before: the tensors under a name of their own, then the document.

    Args:
        directory: Where; made if need be.
        description: What is in it.
        tensors: The content of the tensors' file.

    Raises:
        CheckpointError: If the directory cannot be written to.
    """
    digest = sha256(tensors).hexdigest()
    file = TensorFile(name=f"epoch-{description.epochs}-{digest[:16]}.safetensors", sha256=digest)
    document = Document(**dict(description), tensors=file)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _place(directory / file.name, tensors)
        _place(directory / DOCUMENT, document.dumps().encode())
        for path in directory.iterdir():
            if OURS.fullmatch(path.name) and path.name != file.name:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise CheckpointError(f"{directory}: cannot be written to: {error}") from error


def exists(directory: Path) -> bool:
    """Whether there is a checkpoint, whole or not."""
    return os.path.lexists(directory / DOCUMENT)


def read_document(directory: Path) -> Document:
    """What a checkpoint says of itself.

    Raises:
        CheckpointError: If there is none, or its document cannot be read.
    """
    path = directory / DOCUMENT
    try:
        return parse(path.read_text("utf-8"), path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointError(f"{directory}: there is no checkpoint; expected a directory with a {DOCUMENT}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error


def read(directory: Path) -> tuple[Document, bytes]:
    """What a checkpoint says of itself, and the verified content of its tensors' file.

    Raises:
        CheckpointError: If there is none, or part of it is missing or damaged.
    """
    document = read_document(directory)
    path = directory / document.tensors.name
    try:
        tensors = path.read_bytes()
    except FileNotFoundError as error:
        if read_document(directory) != document:  # somebody has just written another
            return read(directory)
        raise CheckpointError(f"{path}: is missing; {directory / DOCUMENT} expects the weights there") from error
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    if (found := sha256(tensors).hexdigest()) != document.tensors.sha256:
        raise CheckpointError(
            f"{path}: is truncated or damaged: expected the sha256 {document.tensors.sha256}, found {found}"
        )
    return document, tensors


def _place(path: Path, content: bytes) -> None:
    """Let a file appear with all of its content, to stay there even if the power fails."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
