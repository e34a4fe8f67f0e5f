"""What a trial costs in company: python -m benchmarks.populations --data-dir data [--epochs 6] [--threads 2]

Epochs of MNIST with their validation, of populations of 1, 4, 12 and 48 in turn: seconds for each network.
"""

import argparse
import statistics
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from model.config import NetworkConfig, TrainingConfig
from model.data import load
from model.data.directory import default_directory
from model.goal import Goal
from model.training import Training

SIZES = (1, 4, 12, 48)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=default_directory())
    parser.add_argument("--epochs", type=int, default=6, help="The first is not counted.")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    split = load("mnist", arguments.data_dir).split()
    goal, config = Goal.preset("optimized_1_100_tpe"), TrainingConfig(epochs=arguments.epochs)
    epochs = {size: Training(NetworkConfig(), config, split, [goal] * size, range(size)).epochs() for size in SIZES}
    times: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(arguments.epochs):
        for size in SIZES:
            began = time.perf_counter()
            next(epochs[size])
            times[size].append((time.perf_counter() - began) / size)
    table = Table(
        *("population of", "fastest epoch, s a network", "median", "fastest, of one alone", "median, of one alone"),
        title=f"{arguments.threads} threads",
    )
    found = {size: (min(seconds[1:]), statistics.median(seconds[1:])) for size, seconds in times.items()}
    for size, each in found.items():
        table.add_row(
            str(size),
            *(f"{seconds:.3f}" for seconds in each),
            *(f"{seconds / alone:.2f}×" for seconds, alone in zip(each, found[1], strict=True)),
        )
    Console().print(table)


if __name__ == "__main__":
    main()
