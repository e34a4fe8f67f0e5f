"""How far importances can be trusted, and what they cost: python -m benchmarks.importances [--repeats 3]

A known function of 19 weights, an additive quadratic with noise: of each weight, the share of the variance that it
explains follows from its factor. Spearman's correlation of each method with these shares, from Sobol points and from
the trials of a TPE search of the same function; other points and noise in each repeat.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import optuna
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.stats import qmc, spearmanr

from model.goal import TERMS
from service.algorithms import Tpe
from service.importances.evaluation import METHODS, Method, Sample, evaluate
from service.search.sampler import sampler_of
from service.search.space import distributions
from service.spec import StudySpec

RANGES = dict.fromkeys(TERMS, (-1.0, 1.0))
FACTORS = 0.85 ** np.arange(len(TERMS))
OPTIMUM = 0.3
VARIANCES = FACTORS**2 * (4 / 45 + 4 * OPTIMUM**2 / 3)
"""Of a(x − c)² with x uniform in [−1, 1]."""
NOISE = 0.1
"""Variance of the noise, in that of the function."""


def accuracies(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    noise = rng.normal(scale=np.sqrt(NOISE * VARIANCES.sum()), size=len(points))
    return noise - np.sum(FACTORS * (points - OPTIMUM) ** 2, axis=1)


def of_sobol(n_trials: int, seed: int) -> Sample:
    points = 2 * qmc.Sobol(len(TERMS), rng=seed).random(n_trials) - 1
    return Sample(RANGES, points, accuracies(points, np.random.default_rng(seed)))


def of_tpe(n_trials: int, seed: int) -> Sample:
    spec = StudySpec(name="tpe", sampler=Tpe(), seed=seed)
    study = optuna.create_study(sampler=sampler_of(spec), direction="maximize")
    rng = np.random.default_rng(seed)
    for _ in range(n_trials):
        trial = study.ask(distributions(spec))
        (value,) = accuracies(np.array([[trial.params[term] for term in TERMS]]), rng)
        study.tell(trial, value)
    found = study.get_trials(deepcopy=False)
    points = np.array([[trial.params[term] for term in TERMS] for trial in found])
    return Sample(RANGES, points, np.array([trial.value for trial in found]))


def measure(method: Method, sample: Sample) -> tuple[float, float]:
    """Spearman's correlation with the true shares, and seconds."""
    began = time.perf_counter()
    estimates = evaluate(method, sample)
    seconds = time.perf_counter() - began
    return float(spearmanr([estimate.mean for estimate in estimates], VARIANCES).statistic), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 100, 200, 500, 1000])
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    designs: list[tuple[str, int, Callable[[int, int], Sample]]] = [("Sobol", n, of_sobol) for n in arguments.sizes]
    designs.append(("TPE", max(arguments.sizes), of_tpe))
    table = Table("trials", *(f"{method}, {what}" for method in METHODS for what in ("Spearman (all)", "s")))
    for name, n_trials, make in designs:
        samples = [make(n_trials, seed) for seed in range(arguments.repeats)]
        row = [f"{n_trials} {name}"]
        for method in METHODS:
            found = [measure(method, sample) for sample in samples]
            correlations = [correlation for correlation, _ in found]
            of_each = ", ".join(f"{correlation:.2f}" for correlation in correlations)
            row += [f"{statistics.median(correlations):.2f} ({of_each})", f"{min(s for _, s in found):.2f}"]
        table.add_row(*row)
    Console(width=170).print(table)


if __name__ == "__main__":
    main()
