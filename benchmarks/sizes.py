"""How the time of a training step grows with the hidden layer: python -m benchmarks.sizes [--threads 2]

With 100 lateral connections into each neuron, as in the paper's setup 2; the smallest layer has all 99. Against the two
products of that size that no implementation can do without. Sizes take turns, so that a busy machine slows all of them.
"""

import argparse
import statistics

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.training_step import milliseconds, products, training_step
from model.config import NetworkConfig
from model.goal import Goal

SIZES = (100, 400, 1000, 2000)
CONNECTIONS, ROUNDS, REPEATS = 100, 12, 5


def network(neurons: int) -> NetworkConfig:
    return NetworkConfig(hidden_neurons=neurons, lateral_connections=CONNECTIONS if neurons > CONNECTIONS else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    torch.set_num_threads(parser.parse_args().threads)
    torch.manual_seed(0)
    goal = Goal.preset("optimized_1_100_tpe")
    steps = {neurons: training_step(network(neurons), goal, 1) for neurons in SIZES}
    bare = {neurons: products(neurons) for neurons in SIZES}
    times: dict[int, list[tuple[float, float, float]]] = {neurons: [] for neurons in SIZES}
    for _ in range(ROUNDS):
        for neurons in SIZES:
            step, product = milliseconds(steps[neurons], REPEATS), milliseconds(bare[neurons], REPEATS)
            times[neurons].append((*step, product[0]))
    table = Table(
        *("neurons", "fastest, ms", "median, ms", "fastest, of 100", "median, of 100", "fastest, of the products"),
        title=f"{torch.get_num_threads()} threads",
    )
    found = {}
    for neurons, rounds in times.items():
        fastest, medians, product = zip(*rounds, strict=True)
        found[neurons] = min(fastest), statistics.median(medians)
        ratios = [own / smallest for own, smallest in zip(found[neurons], found[SIZES[0]], strict=True)]
        table.add_row(
            *[str(neurons), *[f"{t:.2f}" for t in found[neurons]], *[f"{r:.1f}×" for r in ratios]],
            f"{min(fastest) / min(product):.2f}×",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
