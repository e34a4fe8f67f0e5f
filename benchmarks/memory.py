"""What a worker's processes hold in memory: python -m benchmarks.memory --data-dir data

`infomorphic worker` with two workers on MNIST, each training a population of 12 networks of 100 hidden neurons, on an
embedded Postgres. The data are in memory that all of them share and that counts as resident in each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing, suppress
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from model.data.directory import default_directory
from service import creation, studies
from service.spec import StudySpec
from service.storage.embedded.server import EmbeddedPostgres
from service.storage.schema import migrate
from service.storage.store import Store
from service.storage.tables import StudyState

MIB = 2**20
SPEC = {"name": "memory", "dataset": "mnist", "n_trials": 24, "trials_per_worker": 12, "training": {"epochs": 2}}


def watch(command: subprocess.Popen[bytes], store: Store) -> dict[str, tuple[float, float]]:
    """The most that each kind of process held, resident and of its own, in MiB, until the study has ended."""
    most: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    while command.poll() is None:
        for process in psutil.Process(command.pid).children(recursive=True):
            with suppress(psutil.Error):
                name = process.cmdline()[0]
                if name.startswith("ray::"):
                    held, kind = process.memory_full_info(), name.removeprefix("ray::").split(".")[0].split(":")[0]
                    resident, own = most[kind]
                    most[kind] = max(resident, held.rss / MIB), max(own, held.uss / MIB)
        with Session(store.engine) as session:
            if studies.get(session, SPEC["name"]).state != StudyState.RUNNING:
                return most
        time.sleep(0.2)
    raise RuntimeError("the workers ended before the study did")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=default_directory())
    data_dir = parser.parse_args().data_dir
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        with EmbeddedPostgres(Path(directory) / "postgres") as server:
            migrate(server.url)
            environment = {**os.environ, "DATABASE_URL": server.url, "INFOMORPHIC_DATA_DIR": str(data_dir.resolve())}
            with closing(Store.open(server.url)) as store:
                with Session(store.engine) as session, session.begin():
                    creation.create(session, store, StudySpec.model_validate(SPEC), data_dir)
                infomorphic = Path(sys.executable).with_name("infomorphic")
                with subprocess.Popen([infomorphic, "worker", "--workers", "2"], env=environment) as command:
                    try:
                        most = watch(command, store)
                    finally:
                        command.terminate()
    table = Table("process", "resident, MiB", "of its own, MiB", title="the most at any time")
    for kind, (resident, own) in sorted(most.items()):
        table.add_row(kind, f"{resident:.0f}", f"{own:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
