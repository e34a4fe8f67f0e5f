"""How long the terms of a layer take: python -m benchmarks.atoms [--threads 2] [--sources 3]

Against the goal's gradient, which every training step computes; in turn, compiled and then in tensor operations. With
sources that fill few bins and many: what costs is how many different cells the samples lie in.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from rich.console import Console
from rich.table import Table

from model.binning import fixed_bins
from model.lattice import Lattice
from model.pid import Objective, compiled_backend, torch_backend

BACKENDS = {"compiled": compiled_backend, "torch": torch_backend}

NEURONS, SAMPLES = 100, 1024
SPREADS = (0.5, 2.0, 8.0)
"""Standard deviations of the sources; a bin is 2 wide."""


def milliseconds(lattice: Lattice, spread: float, repeats: int) -> tuple[float, dict[str, list[float]]]:
    """How many cells the samples of a neuron lie in, and times of what is measured by its name."""
    bins = fixed_bins(spread * torch.randn(len(lattice.sources), NEURONS, SAMPLES))
    theta = torch.rand(NEURONS, SAMPLES)
    objective = Objective.of(2 * torch.rand(NEURONS, len(lattice.antichains) + 1) - 1, lattice)
    distinct = statistics.mean(len(cells.T.unique(dim=0)) for cells in bins.unbind(dim=1))
    times = {}
    for name, backend in BACKENDS.items():
        measured = {
            f"goal's gradient, {name}": lambda backend=backend: backend.goal_gradient(bins, theta, objective),
            f"terms, {name}": lambda backend=backend: backend.atoms(bins, theta, lattice),
        }
        times |= in_turn(measured, repeats)
    return distinct, times


def in_turn(measured: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Times of each, after one round that is not counted."""
    times: dict[str, list[float]] = {what: [] for what in measured}
    for repeat in range(repeats + 1):
        for what, act in measured.items():
            began = time.perf_counter()
            act()
            if repeat > 0:
                times[what].append((time.perf_counter() - began) * 1e3)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--sources", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    lattice = Lattice.of("123456789"[: arguments.sources])
    table = Table(
        *("cells of a neuron", "", "fastest, ms", "median, ms", "fastest, of the compiled gradient"),
        title=f"{NEURONS} neurons, {SAMPLES} samples, {arguments.sources} sources, {arguments.threads} threads",
    )
    for spread in SPREADS:
        distinct, times = milliseconds(lattice, spread, arguments.repeats)
        gradient = min(times["goal's gradient, compiled"])
        for what, taken in times.items():
            fastest, median = min(taken), statistics.median(taken)
            table.add_row(f"{distinct:.0f}", what, f"{fastest:.2f}", f"{median:.2f}", f"{fastest / gradient:.2f}×")
    Console().print(table)


if __name__ == "__main__":
    main()
