"""What recording costs: python -m benchmarks.recording --data-dir data [--threads 1]

Epochs with their validation, of populations that are recorded and of such that are not, in turn: processor time, with
which others on the machine interfere less.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from model.config import NetworkConfig, TrainingConfig
from model.data import Split, load
from model.data.directory import default_directory
from model.goal import Goal
from model.record import Recorder
from model.training import Training

RECORDS = ("none", "layers", "neurons")
RUNS = (
    ("mnist", 1024, 1, 12),
    ("mnist", 1024, 12, 6),
    ("digits", 1024, 1, 100),
    ("digits", 1024, 12, 50),
    ("digits", 128, 1, 60),
    ("digits", 128, 12, 30),
)
"""Data set, samples a batch, networks of the population, epochs, of which the first is not counted."""


def epochs(split: Split, config: TrainingConfig, size: int, record: str) -> Iterator[None]:
    """The epochs of a population, each with what is recorded of it."""
    goals = [Goal.preset("optimized_1_100_tpe")] * size
    training = Training(NetworkConfig(), config, split, goals, range(size))
    recorder = None if record == "none" else Recorder(training, each_neuron=record == "neurons")
    for result in training.epochs():
        if recorder is not None:
            recorder.observe(result)
        yield


def seconds(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=default_directory())
    parser.add_argument("--threads", type=int, default=1, help="A worker has one by default.")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    measures = ("not recorded, ms", "layers", "neurons")
    names = (f"{found}, {measure}" for found in ("fastest", "median") for measure in measures)
    table = Table("data set", "batches an epoch", "population of", *names, title=f"{arguments.threads} threads")
    for dataset, batch_size, size, n_epochs in RUNS:
        split = load(dataset, arguments.data_dir).split()
        config = TrainingConfig(epochs=n_epochs, batch_size=batch_size)
        trainings = {record: epochs(split, config, size, record) for record in RECORDS}
        times: dict[str, list[float]] = {record: [] for record in RECORDS}
        for _ in range(n_epochs):
            for record, training in trainings.items():
                times[record].append(seconds(partial(next, training)))
        found = [[1e3 * measure(times[record][1:]) for record in RECORDS] for measure in (min, statistics.median)]
        ratios = ((f"{alone:.1f}", *(f"{each / alone:.2f}×" for each in recorded)) for alone, *recorded in found)
        batches = math.ceil(len(split.train_labels) / batch_size)
        table.add_row(dataset, str(batches), str(size), *chain.from_iterable(ratios))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
