"""How often the 95 % intervals of analyses cover the true mean, by the number of seeds.

    python -m benchmarks.intervals [--repeats 2000]

Numbers are drawn from a normal distribution, for which Student's interval is exact, and from a skewed one, an
exponential.
"""

import argparse

import numpy as np

from service.analyses.statistics import Summary

SEEDS = (2, 3, 5, 10, 20)


def covers(runs: np.ndarray, mean: float) -> list[bool]:
    summary = Summary.of(runs.tolist())
    return [low <= mean <= high for low, high in (summary.bootstrap_interval, summary.t_interval)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2000)
    repeats = parser.parse_args().repeats
    rng = np.random.default_rng(0)
    print("seeds  normal: bootstrap, Student's   exponential: bootstrap, Student's")
    for n in SEEDS:
        shares = []
        for draw, mean in ((rng.normal, 0.0), (rng.exponential, 1.0)):
            found = [covers(draw(size=n), mean) for _ in range(repeats)]
            shares += [f"{share:7.1%}" for share in np.mean(found, axis=0)]
        print(f"{n:5}  {'  '.join(shares)}")


if __name__ == "__main__":
    main()
