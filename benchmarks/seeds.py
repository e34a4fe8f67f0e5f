"""What a goal reaches with several seeds: python -m benchmarks.seeds --data-dir data [--seeds 10] [--epochs 100]

Setup 1, N = 100, as one population; test and validation accuracy on MNIST.
"""

import argparse
import statistics
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from model.config import NetworkConfig, TrainingConfig
from model.data import load
from model.data.directory import default_directory
from model.goal import Goal
from model.training import Training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=default_directory())
    parser.add_argument("--goal", default="optimized_1_100_tpe")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    data = load("mnist", arguments.data_dir)
    goals = [Goal.preset(arguments.goal)] * arguments.seeds
    training = Training(
        NetworkConfig(), TrainingConfig(epochs=arguments.epochs), data.split(), goals, range(arguments.seeds)
    )
    began = time.perf_counter()
    *_, last = training.epochs()
    seconds = time.perf_counter() - began
    test = training.accuracy(data.test_images, data.test_labels)
    table = Table(
        *("seed", "test accuracy", "validation accuracy"),
        title=f"{arguments.goal}, {arguments.epochs} epochs, {seconds:.0f} s",
    )
    for seed, row in enumerate(zip(test, last.validation_accuracy, strict=True)):
        table.add_row(str(seed), *(f"{accuracy:.4f}" for accuracy in row))
    table.add_section()
    table.add_row("median", *(f"{statistics.median(of):.4f}" for of in (test, last.validation_accuracy)))
    Console().print(table)


if __name__ == "__main__":
    main()
