"""What a run leaves with its trial: the records of its networks, as files."""

import logging
from collections.abc import Sequence
from pathlib import Path

from model.record import Record
from model.record_files import record_files
from service.storage.artifacts import Artifact

MEDIA_TYPES = {".csv": "text/csv", ".npz": "application/zip"}

logger = logging.getLogger(__name__)


def artifacts_of(records: Sequence[Record]) -> tuple[Artifact, ...]:
    """The files of the networks of a run, if they were recorded; one that is too large to be kept is left out."""
    if not records:
        return ()
    try:
        files = record_files(records)
    except Exception:  # whatever it is, it must not cost the run its result
        logger.exception("what networks did cannot be written down")
        return ()
    found = []
    for name, content in files.items():
        try:
            found.append(Artifact(name, MEDIA_TYPES[Path(name).suffix], content))
        except ValueError as error:
            logger.warning("not kept: %s", error)
    return tuple(found)
