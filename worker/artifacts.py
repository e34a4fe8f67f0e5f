"""What a run leaves with its trial: the records of its networks, as files."""

import logging
from collections.abc import Callable, Sequence

from model.record import Record
from model.record_files import confusion_csv, history_csv, neurons_npz
from service.storage.artifacts import Artifact

logger = logging.getLogger(__name__)


def artifacts_of(records: Sequence[Record]) -> tuple[Artifact, ...]:
    """The files of the networks of a run, if they were recorded; one that is too large to be kept is left out."""
    if not records:
        return ()
    files: list[tuple[str, str, Callable[[Sequence[Record]], bytes]]] = [
        ("history.csv", "text/csv", history_csv),
        ("confusion.csv", "text/csv", confusion_csv),
    ]
    if records[0].neurons:
        files.append(("neurons.npz", "application/zip", neurons_npz))
    found = []
    for name, media_type, content in files:
        try:
            found.append(Artifact(name, media_type, content(records)))
        except ValueError as error:
            logger.warning("not kept: %s", error)
    return tuple(found)
