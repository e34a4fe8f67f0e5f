"""Records as files: tables that people and any software read, and an archive of arrays for what is large."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from model.errors import RecordError
from model.record import Record, Recorder
from model.training import EpochResult, Training


def record_files(records: Sequence[Record]) -> dict[str, bytes]:
    """The files that say all of the records of some networks, by name."""
    files = {"history.csv": history_csv(records), "confusion.csv": confusion_csv(records)}
    return {**files, "neurons.npz": neurons_npz(records)} if records[0].neurons else files


def recorded(run: Training, directory: Path, *, each_neuron: bool = False) -> Iterator[EpochResult]:
    """The epochs of a training, after the last of which there are `record_files` in a directory.

    Args:
        run: The training; nobody is let go meanwhile.
        directory: It is made if need be; files of these names are replaced.
        each_neuron: Whether to keep the information of each neuron too.

    Raises:
        RecordError: If nothing can be written there.
    """
    recorder, members, result = Recorder(run, each_neuron=each_neuron), run.members, None
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".record-", dir=directory) as folder:
            for result in run.epochs():
                recorder.observe(result)
                yield result
            files = {} if result is None else record_files([recorder[member] for member in members])
            for name, content in files.items():
                written = Path(folder) / name
                written.write_bytes(content)
                written.replace(directory / name)
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
