"""What a trial costs besides training: python -m benchmarks.storage [--sizes 0 1000 10000]

Ask, tell and everything written between, through the service's leases and through plain Optuna, in turn on one
embedded Postgres, in studies that have so many finished trials already. 19 dimensions (18 with CMA-ES). The epochs are
apart: a thread beside the training writes them.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import optuna
from optuna.storages import get_storage
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from benchmarks.finished_trials import copy_into, searched
from service import creation, runs, studies
from service.search.sampler import build_sampler
from service.search.space import distributions
from service.spec import StudySpec
from service.storage.embedded.server import EmbeddedPostgres
from service.storage.leases import Outcome, Verdict, renew
from service.storage.optuna_storage import open_storage, quiet_optuna
from service.storage.schema import migrate
from service.storage.store import Store

EPOCHS = 100
TRIAL_SECONDS = 30.0
TOGETHER = 12
GENERATION = 1 + TOGETHER
"""Results a generation of CMA-ES: one run, then twelve, are taken in turn."""


class Clock:
    """Milliseconds by what they were spent on."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}

    @contextmanager
    def on(self, what: str, times: int = 1) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.spent.setdefault(what, []).append((time.perf_counter() - began) * 1e3 / times)

    def median(self, what: str) -> float:
        return statistics.median(self.spent[what])


def plainly(study: optuna.Study, spec: StudySpec, clock: Clock) -> None:
    """A trial as Optuna's own documentation has it."""
    with clock.on("ask"):
        trial = study.ask(distributions(spec))
    with clock.on("epoch", EPOCHS):
        for epoch in range(1, EPOCHS + 1):
            trial.report(0.9, epoch)
    with clock.on("tell"):
        study.tell(trial, 0.9)


def under_leases(store: Store, clock: Clock, together: int = 1) -> None:
    """Trials as a worker goes through them."""
    with clock.on("ask", together):
        in_hand = runs.start(store, "benchmark", 600.0, lambda _spec, _left: together)
    assert len(in_hand) == together
    with clock.on("epoch", EPOCHS * together):
        for epoch in range(1, EPOCHS + 1):
            renew(store.engine, [run.token for run in in_hand], 600.0)
            for run in in_hand:
                run.asked.trial.report(0.9, epoch)
    with clock.on("tell", together):
        for run in in_hand:
            runs.finish(store, run, Outcome(Verdict.COMPLETE, 0.9))


def compare(url: str, sampler: str, size: int, repeats: int) -> list[Clock]:
    """Plain Optuna, a run under a lease, and twelve runs at a time; in turn, after one of each that does not count."""
    name = f"{sampler}-{size}"
    options = {"type": "cmaes", "population_size": GENERATION} if sampler == "cmaes" else {"type": "tpe"}
    spec = StudySpec.model_validate({"name": name, "sampler": options, "n_trials": 100_000})
    finished = searched(spec, size - size % GENERATION)
    tables = open_storage(url)
    plain = optuna.create_study(study_name=f"plain-{name}", storage=get_storage(tables), direction="maximize")
    with closing(Store.open(url)) as store:
        with Session(store.engine) as session, session.begin():
            creation.create(session, store, spec, Path())
        for study in (plain, store.optuna_study(name)):
            copy_into(store, study._study_id, finished)
        plain.sampler = build_sampler(spec.sampler, 0)
        for repeat in range(repeats + 1):
            clocks = clocks if repeat > 1 else [Clock(), Clock(), Clock()]
            plainly(plain, spec, clocks[0])
            under_leases(store, clocks[1])
            under_leases(store, clocks[2], together=TOGETHER)
        with Session(store.engine) as session, session.begin():
            studies.change(session, name, "stop")
    tables.engine.dispose()
    return clocks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 1000, 10_000])
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    quiet_optuna()
    table = Table(
        *("sampler", "finished trials", "", "ask, ms", "tell, ms", "an epoch, ms", "ask + tell, of Optuna's"),
        *(f"of a {TRIAL_SECONDS:.0f} s trial",),
        title="a trial, median",
    )
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        with EmbeddedPostgres(Path(directory) / "postgres") as server:
            migrate(server.url)
            for sampler in ("tpe", "cmaes"):
                for size in arguments.sizes:
                    clocks = compare(server.url, sampler, size, arguments.repeats)
                    plain = clocks[0].median("ask") + clocks[0].median("tell")
                    for clock, who in zip(clocks, ("plain Optuna", "under a lease", "12 at a time, each"), strict=True):
                        both = clock.median("ask") + clock.median("tell")
                        table.add_row(
                            *(sampler, str(size), who),
                            *(f"{clock.median(what):.1f}" for what in ("ask", "tell", "epoch")),
                            *(f"{both / plain:.2f}×", f"{both / (TRIAL_SECONDS * 1e3):.2%}"),
                        )
    Console().print(table)


if __name__ == "__main__":
    main()
