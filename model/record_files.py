"""Records as files: tables that people and any software read, and an archive of arrays for what is large."""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from model.record import Record


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
