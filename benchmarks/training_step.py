"""How long one training step takes: python -m benchmarks.training_step [--threads 2]

Against the two products that no implementation can do without (the images with the feedforward weights, and the
gradient of these), and against the step as the papers write it, differentiated by torch. Fastest and median in one run.
The network has been trained for an epoch, on classes of noisy images: how many bins its sources fill is what a step
costs.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import dense
from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal
from model.population import Population

NEURONS, SAMPLES, PIXELS, LABELS = 100, 1024, 784, 10
SIZES = (1, 4, 12, 48)
EPOCH = 47
"""Steps before anything is timed, as many as MNIST has batches."""


def milliseconds(action: Callable[[int], object], repeats: int) -> tuple[float, float]:
    """Fastest and median time of an action, after one that is not counted."""
    action(0)
    times = []
    for repeat in range(1, repeats + 1):
        began = time.perf_counter()
        action(repeat)
        times.append((time.perf_counter() - began) * 1e3)
    times.sort()
    return times[0], times[repeats // 2]


def noisy_classes(n_samples: int) -> tuple[Tensor, Tensor]:
    """Standardised images of ten noisy classes, (sample, pixel), and their labels."""
    labels = torch.randint(0, LABELS, (n_samples,))
    images = torch.randn(LABELS, PIXELS)[labels] + torch.randn(n_samples, PIXELS)
    return images / images.std(), labels


def training_step(network: NetworkConfig, goal: Goal, size: int) -> Callable[[int], None]:
    """One step of a population that has been trained for an epoch."""
    images, labels = noisy_classes(EPOCH * SAMPLES)
    population = Population(network, TrainingConfig(), [goal] * size, range(size), PIXELS, LABELS, torch.empty(0))
    for batch in torch.arange(len(images)).split(SAMPLES):
        population.learn(images[batch], labels[batch])
    images, labels = images[:SAMPLES].clone(), labels[:SAMPLES].clone()
    return lambda _: population.learn(images, labels)


def products(neurons: int) -> Callable[[int], object]:
    """The images with the feedforward weights, and the gradient of these."""
    images, weights, delta = torch.randn(SAMPLES, PIXELS), torch.randn(PIXELS, neurons), torch.randn(SAMPLES, neurons)
    return lambda _: (images @ weights, images.T @ delta)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    torch.set_num_threads(parser.parse_args().threads)
    torch.manual_seed(0)
    goal = Goal.preset("optimized_1_100_tpe")
    network = NetworkConfig(hidden_neurons=NEURONS)
    images, labels = noisy_classes(SAMPLES)
    # Made one after another: populations let the process keep its memory, which helps the dense step more than them.
    actions: dict[str, tuple[Callable[[], Callable[[int], object]], int]] = {
        f"the two {SAMPLES}×{PIXELS}×{NEURONS} products": (lambda: products(NEURONS), 100),
        "dense training step, by autograd": (lambda: dense.training_step(images, labels, NEURONS, goal), 5),
        **{f"training step, population of {size}": (partial(training_step, network, goal, size), 50) for size in SIZES},
        "the dense one again, in memory kept": (lambda: dense.training_step(images, labels, NEURONS, goal), 5),
    }
    table = Table(
        *("", "fastest, ms", "median, ms", "fastest, of the products", "of the dense step"),
        title=f"{torch.get_num_threads()} threads",
    )
    times = {name: milliseconds(make(), repeats) for name, (make, repeats) in actions.items()}
    (bare, _), (whole, _), *_ = times.values()
    for name, (fastest, median) in times.items():
        table.add_row(name, f"{fastest:.2f}", f"{median:.2f}", f"{fastest / bare:.2f}×", f"1/{whole / fastest:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
