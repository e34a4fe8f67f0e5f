"""Records as files: tables that people and any software read, and an archive of arrays for what is large."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from model.errors import RecordError
from model.record import Record, Recorder
from model.training import Training


def record_files(records: Sequence[Record]) -> dict[str, bytes]:
    """The files that say all of the records of some networks, by name."""
    files = {"history.csv": history_csv(records), "confusion.csv": confusion_csv(records)}
    return {**files, "neurons.npz": neurons_npz(records)} if records[0].neurons else files


def has_record(directory: Path) -> bool:
    """Whether `record_files` are there."""
    return (directory / "history.csv").exists()


@contextmanager
def recording(run: Training, directory: Path, *, each_neuron: bool = False) -> Iterator[Recorder]:
    """A recorder of a training; in the end, however it comes, there are `record_files` of the epochs that it has seen.

    Args:
        run: The training, before it goes on; nobody is let go meanwhile.
        directory: It is made if need be.
        each_neuron: Whether to keep the information of each neuron too.

    Raises:
        RecordError: At once, if no epoch is left, there is a record already, or nothing can be written there; in the
            end, if nothing can be written any more, unless another error ends the training.
    """
    if run.epoch == run.config.epochs:
        raise RecordError(
            f"{directory}: there is nothing to record, since all {run.epoch} epochs are trained; expected more epochs, "
            "or no record"
        )
    if has_record(directory):
        raise RecordError(f"{directory}: has a record already; expected another directory")
    with _folder_in(directory):
        recorder, members = Recorder(run, each_neuron=each_neuron), run.members
    try:
        yield recorder
    except BaseException as error:
        try:
            _write(recorder, members, directory)
        except Exception as unwritten:  # it must not hide why the training ended
            error.add_note(str(unwritten) or repr(unwritten))
        raise
    _write(recorder, members, directory)


def _write(recorder: Recorder, members: Sequence[int], directory: Path) -> None:
    """Write the records of members, if there are any.

    Raises:
        RecordError: If nothing can be written there.
    """
    if records := [recorder[member] for member in members if member in recorder]:
        with _folder_in(directory) as folder:
            for name, content in record_files(records).items():
                (folder / name).write_bytes(content)
                (folder / name).replace(directory / name)


@contextmanager
def _folder_in(directory: Path) -> Iterator[Path]:
    """A folder for files that are not whole yet.

    Raises:
        RecordError: If nothing can be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".record-", dir=directory) as folder:
            yield Path(folder)
    except OSError as error:
        raise RecordError(f"{directory}: what the networks did cannot be written there: {error.strerror}") from error


def history_csv(records: Sequence[Record]) -> bytes:
    """A line for each epoch of each network, which its first column numbers from 0; the others are `Record.rows`'."""
    lines = [{"network": number, **row} for number, record in enumerate(records) for row in record.rows]
    return _csv(list(lines[0]), ([_shortest(value) for value in line.values()] for line in lines))


def confusion_csv(records: Sequence[Record]) -> bytes:
    """A line for each label of each network: how many of its images were given which label, from 0 on."""
    n_labels = len(records[0].confusion)
    lines = (
        [number, label, *given]
        for number, record in enumerate(records)
        for label, given in enumerate(record.confusion.tolist())
    )
    return _csv(["network", "label", *[f"predicted_{label}" for label in range(n_labels)]], lines)


def neurons_npz(records: Sequence[Record]) -> bytes:
    """The terms of each neuron, (network, epoch, neuron, term), an array for each layer; float32, in bits."""
    archive = io.BytesIO()
    layers = {layer: np.stack([record.neurons[layer] for record in records]) for layer in records[0].neurons}
    np.savez_compressed(archive, allow_pickle=False, **layers)
    return archive.getvalue()


def _shortest(value: float) -> str:
    """As few digits as float32 has."""
    return str(value) if isinstance(value, int) else f"{value:.7g}"


def _csv(header: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()
