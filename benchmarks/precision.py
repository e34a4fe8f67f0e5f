"""Whether the fast path learns as well as the reference: python -m benchmarks.precision --data-dir data

Validation accuracy on MNIST after some epochs, of the same seeds in float32 and in float64.
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=default_directory())
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    split = load("mnist", arguments.data_dir).split()
    goals = [Goal.preset("optimized_1_100_tpe")] * arguments.seeds
    table = Table("", "validation accuracy, mean", "standard error", "seconds", title=f"{arguments.seeds} seeds")
    found = []
    for dtype in (torch.float32, torch.float64):
        began = time.perf_counter()
        config = TrainingConfig(epochs=arguments.epochs)
        *_, last = Training(NetworkConfig(), config, split, goals, range(arguments.seeds), dtype=dtype).epochs()
        mean, error = statistics.mean(last.validation_accuracy), statistics.stdev(last.validation_accuracy)
        found.append((mean, error / arguments.seeds**0.5))
        table.add_row(str(dtype), f"{mean:.4f}", f"{found[-1][1]:.4f}", f"{time.perf_counter() - began:.0f}")
    (fast, fast_error), (reference, reference_error) = found
    table.add_row("difference", f"{fast - reference:+.4f}", f"{(fast_error**2 + reference_error**2) ** 0.5:.4f}", "")
    Console().print(table)


if __name__ == "__main__":
    main()
