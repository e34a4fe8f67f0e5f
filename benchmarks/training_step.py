"""How long one training step takes: python benchmarks/training_step.py [--threads 2]

Against the two products that no implementation can do without (the images with the feedforward weights, and the
gradient of these), and the goal's gradient by each backend. Fastest and median of 50, in one run.
"""

import argparse
import time
from collections.abc import Callable

import torch
from rich.console import Console
from rich.table import Table

from model.config import NetworkConfig, TrainingConfig
from model.goal import TRIVARIATE, Goal
from model.pid import compiled_backend, torch_backend
from model.population import Population

REPEATS = 50
NEURONS, SAMPLES, PIXELS, LABELS = 100, 1024, 784, 10


def milliseconds(action: Callable[[int], object]) -> tuple[float, float]:
    """Fastest and median time of an action, after one that is not counted."""
    action(0)
    times = []
    for repeat in range(1, REPEATS + 1):
        began = time.perf_counter()
        action(repeat)
        times.append((time.perf_counter() - began) * 1e3)
    times.sort()
    return times[0], times[REPEATS // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    torch.set_num_threads(parser.parse_args().threads)
    torch.manual_seed(0)
    goal = Goal.preset("optimized_1_100_tpe")
    images, labels = torch.randn(SAMPLES, PIXELS), torch.randint(0, LABELS, (SAMPLES,))
    weights, delta = torch.randn(PIXELS, NEURONS), torch.randn(SAMPLES, NEURONS)
    # Feedforward input spreads over many bins, context and lateral input over few, as in a trained network.
    bins = torch.stack([torch.randint(*range_, (NEURONS, SAMPLES)) for range_ in ((0, 20), (7, 12), (7, 12))])
    theta, gamma = torch.rand(NEURONS, SAMPLES), torch.tensor([goal.gamma] * NEURONS)

    def step_of(size: int) -> Callable[[int], None]:
        population = Population(
            NetworkConfig(), TrainingConfig(), [goal] * size, range(size), PIXELS, LABELS, torch.empty(0)
        )
        return lambda step: population.learn(images, labels, step)

    rows = {
        f"the two {SAMPLES}×{PIXELS}×{NEURONS} products": lambda _: (images @ weights, images.T @ delta),
        "goal gradient, compiled backend": lambda _: compiled_backend.goal_gradient(bins, theta, gamma, TRIVARIATE),
        "goal gradient, torch backend": lambda _: torch_backend.goal_gradient(bins, theta, gamma, TRIVARIATE),
        "training step, population of 1": step_of(1),
        "training step, population of 12": step_of(12),
    }
    table = Table("", "fastest, ms", "median, ms", "of the products", title=f"{torch.get_num_threads()} threads")
    base = None
    for name, action in rows.items():
        fastest, median = milliseconds(action)
        base = base or fastest
        table.add_row(name, f"{fastest:.2f}", f"{median:.2f}", f"{fastest / base:.2f}×")
    Console().print(table)


if __name__ == "__main__":
    main()
