"""How many results CMA-ES learns from: python -m benchmarks.generations [--trials 384]

Simulated workers on an embedded Postgres, through the service's leases and through plain Optuna, which throws away what
comes when a generation is full. 18 dimensions, so a generation takes 12 results unless it is said. What is left at the
end, too few for a generation, is counted as not used.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import get_storage
from optuna.trial import TrialState
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from benchmarks.simulated_workers import simulate
from service import creation, generations, runs
from service.runs import Run
from service.search.generations import generation_of, generation_size
from service.search.sampler import build_sampler
from service.search.space import distributions
from service.spec import StudySpec
from service.storage.embedded.server import EmbeddedPostgres
from service.storage.leases import Outcome, Verdict
from service.storage.optuna_storage import open_storage, quiet_optuna
from service.storage.schema import migrate
from service.storage.store import Store
from worker.capacity import how_many_together

CAPACITY = 16
"""Networks that pay together, as on a small machine."""


def value_of(goal: dict[str, float]) -> float:
    return 1 - float(np.mean(np.square(list(goal.values()))))


def share_used(study: optuna.Study, spec: StudySpec) -> float:
    """Share of all results that entered the distribution."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    of = [generation_of(spec, trial) for trial in complete]
    size = generation_size(spec) or 0
    return size * sum(of.count(generation) >= size for generation in set(of) - {None}) / len(complete)


def plainly(url: str, spec: StudySpec, n_workers: int) -> tuple[float, float, float | None]:
    """Workers that ask when they are free."""
    tables = open_storage(url)
    study = optuna.create_study(study_name=f"plain-{spec.name}", storage=get_storage(tables), direction="maximize")
    study.sampler = build_sampler(spec.sampler, spec.seed)
    left = iter(range(spec.n_trials))

    def ask(_worker: str) -> list[optuna.Trial]:
        return [] if next(left, None) is None else [study.ask(distributions(spec))]

    idle = simulate(n_workers, ask, lambda trial: study.tell(trial, value_of(trial.params)))
    used = share_used(study, spec)
    tables.engine.dispose()
    return used, idle, None


def by_generations(url: str, spec: StudySpec, n_workers: int) -> tuple[float, float, float | None]:
    """Workers of the service."""
    with closing(Store.open(url)) as store:
        with Session(store.engine) as session, session.begin():
            creation.create(session, store, spec, Path())

        def take(worker: str) -> list[Run]:
            return runs.start(
                store, worker, 600.0, lambda of, left: how_many_together(of, left, n_workers, lambda _: CAPACITY)
            )

        def finish(run: Run) -> None:
            runs.finish(store, run, Outcome(Verdict.COMPLETE, value_of(run.goal.as_dict())))

        idle = simulate(n_workers, take, finish)
        with Session(store.engine) as session:
            report = generations.report(session, store, spec)
        assert report is not None
        return share_used(store.optuna_study(spec.name), spec), idle, report.results_used


@contextmanager
def database() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        with EmbeddedPostgres(Path(directory) / "postgres", settings={"fsync": "off"}) as server:
            migrate(server.url)
            yield server.url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=384)
    n_trials = parser.parse_args().trials
    quiet_optuna()
    table = Table(
        "workers",
        "results a generation",
        "",
        "results used",
        "as the API has it",
        "time idle",
        title=f"{n_trials} trials",
    )
    with database() as url:
        for n_workers, size in ((1, 12), (4, 12), (16, 12), (16, 16), (16, 48)):
            sampler = {"type": "cmaes", "population_size": size}
            spec = StudySpec.model_validate(
                {"name": f"{n_workers}-{size}", "sampler": sampler, "n_trials": n_trials, "seed": n_workers}
            )
            for who, found in (("plain Optuna", plainly), ("by generations", by_generations)):
                used, idle, reported = found(url, spec, n_workers)
                of_full = "" if reported is None else f"{reported:.2f}"
                table.add_row(str(n_workers), str(size), who, f"{used:.2f}", of_full, f"{idle:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
