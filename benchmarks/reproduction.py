"""The paper's figures, a row each: python -m benchmarks.reproduction ROW [--seeds 5] [--epochs 100] [--dataset mnist]

Without a row it lists them. Trains so many networks of other seeds as one population, and prints median, least and
greatest accuracy on test set, validation part and training part after the last epoch: as a line of the table in
docs/reproduction.md, or as JSON.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from model.config import NetworkConfig, TrainingConfig
from model.data import load
from model.data.directory import default_directory
from model.goal_files import read_goals
from model.training import Training

TPE = "optimized_1_100_tpe"


@dataclass(frozen=True)
class Row:
    """What is trained, and what the paper has for it."""

    what: str
    goal: str | None = None
    network: dict[str, Any] = field(default_factory=dict)
    published: str = ""


ROWS = {
    "setup1-heuristic": Row("setup 1, heuristic goal", "heuristic"),
    "setup1": Row("setup 1", TPE, published="test 0.9513, validation 0.9495, train 0.9693"),
    "setup1-tpe-2": Row("setup 1", "optimized_2_100_tpe"),
    "setup1-tpe-3": Row("setup 1", "optimized_3_100_tpe"),
    "setup1-cmaes": Row("setup 1", "optimized_1_100_cmaes"),
    "setup1-cmaes-2": Row("setup 1", "optimized_2_100_cmaes"),
    "setup1-cmaes-3": Row("setup 1", "optimized_3_100_cmaes"),
    "setup1-modified": Row("setup 1, few weights, by hand", "optimized_1_100_modified"),
    "setup3-heuristic": Row("setup 3, heuristic goal", "heuristic", {"context": ["output"]}),
    "setup3": Row("setup 3", TPE, {"context": ["output"]}),
    "setup3-cmaes": Row("setup 3", "optimized_1_100_cmaes", {"context": ["output"]}),
    "linear-own": Row(
        "linear activation, goal searched for it",
        str(Path(__file__).with_name("linear.json")),
        {"activation": "linear"},
        "on par with the default activation",
    ),
    "linear": Row("linear activation", TPE, {"activation": "linear"}, "on par with the default activation"),
    "context-heuristic": Row("bivariate with context, heuristic goal", "heuristic", {"lateral_connections": 0}),
    "context": Row("bivariate with context", "optimized_1_100", {"lateral_connections": 0}),
    "context-2": Row("bivariate with context", "optimized_2_100", {"lateral_connections": 0}),
    "lateral-heuristic": Row("bivariate with lateral input, heuristic goal", "heuristic", {"context": []}),
    "lateral": Row("bivariate with lateral input", "optimized_1_100", {"context": []}),
    "lateral-2": Row("bivariate with lateral input", "optimized_2_100", {"context": []}),
    "fixed": Row("fixed random hidden layer", network={"learning": "fixed"}),
    "readout": Row("readout alone", network={"hidden_neurons": []}),
    "backpropagation": Row("backpropagation", network={"learning": "backpropagation"}),
    "backpropagation-lateral": Row(
        "backpropagation, lateral input alone", network={"learning": "backpropagation", "context": []}
    ),
    "setup2-1000": Row(
        "setup 2, N = 1000", TPE, {"hidden_neurons": 1000, "lateral_connections": 100}, "test about 0.972"
    ),
    "setup2-2000": Row("setup 2, N = 2000", TPE, {"hidden_neurons": 2000, "lateral_connections": 100}, "test 0.975"),
    "deep-800-200": Row(
        "deep 800-200-10", TPE, {"hidden_neurons": [800, 200], "lateral_connections": 100}, "test 0.972"
    ),
    "deep-600-200-200": Row(
        "deep 600-200-200-10", TPE, {"hidden_neurons": [600, 200, 200], "lateral_connections": 100}, "test 0.971"
    ),
    "deep-1600-400": Row(
        "deep 1600-400-10, context from label and output",
        TPE,
        {"hidden_neurons": [1600, 400], "lateral_connections": 100, "context": ["label", "output"]},
        "test 0.977",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", nargs="?", choices=ROWS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--data-dir", type=Path, default=default_directory())
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.row is None:
        for name, row in ROWS.items():
            print(f"{name:20} {row.what}, {row.goal or 'no goal'}")
        return
    torch.set_num_threads(arguments.threads)
    row = ROWS[arguments.row]
    found = reproduce(row, arguments)
    print(json.dumps(found) if arguments.json else line(arguments.row, row, found))


def reproduce(row: Row, arguments: argparse.Namespace) -> dict[str, Any]:
    """The accuracies of each network, and how long they took."""
    network, config = NetworkConfig(**row.network), TrainingConfig(epochs=arguments.epochs)
    data = load(arguments.dataset, arguments.data_dir)
    split = data.split(config.validation_fraction, config.data_seed)
    goals = () if row.goal is None else read_goals(row.goal, network.kind, network.n_goals)
    run = Training(network, config, split, [goals] * arguments.seeds, range(arguments.seeds))
    console, began, validation = Console(stderr=True), time.perf_counter(), ()
    for result in run.epochs():
        validation = result.validation_accuracy
        if result.epoch % 10 == 0:
            console.print(f"epoch {result.epoch}: validation {statistics.median(validation):.4f}")
    seconds = time.perf_counter() - began
    return {
        "test": run.accuracy(data.test_images, data.test_labels),
        "validation": validation,
        "train": run.accuracy(split.train_images, split.train_labels),
        "seconds": seconds,
        "epochs": arguments.epochs,
        "dataset": arguments.dataset,
    }


def line(name: str, row: Row, found: dict[str, Any]) -> str:
    """A line of the table in docs/reproduction.md."""
    parts = [spread(found[part]) for part in ("test", "validation", "train")]
    seeds = len(found["test"])
    goal = "" if row.goal is None else f"`{Path(row.goal).name}`"
    published = row.published if found["dataset"] == "mnist" else ""
    return f"| `{name}` | {row.what} | {goal} | {published} | {' | '.join(parts)} | {seeds} × {found['epochs']} |"


def spread(values: Sequence[float]) -> str:
    """Median, and least and greatest where there are several."""
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{statistics.median(values):.4f} ({min(values):.4f}–{max(values):.4f})"


if __name__ == "__main__":
    sys.exit(main())
