"""`infomorphic worker`: workers on this machine, or in a Ray cluster."""

import signal
import threading
from typing import Annotated

import typer

from service.settings import Settings
from service.storage.database import parse_url


def worker(
    workers: Annotated[int | None, typer.Option(min=1, help="Workers to keep alive.")] = None,
    ray_address: Annotated[
        str | None, typer.Option(help="Ray cluster to join, such as 10.0.0.1:6379; `local` starts a private one.")
    ] = None,
    cpus: Annotated[
        float | None, typer.Option(min=0.01, help="CPUs each worker asks for, and threads it uses.")
    ] = None,
    gpus: Annotated[
        float | None, typer.Option(min=0, help="GPUs, or the fraction of one, each worker asks for.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Train the trials of running studies until stopped; needs DATABASE_URL."""
    given = {"workers": workers, "ray_address": ray_address, "worker_cpus": cpus, "worker_gpus": gpus}
    settings = Settings().model_copy(update={name: value for name, value in given.items() if value is not None})
    parse_url(settings.require_database_url())
    if as_json:
        chosen = {"workers", "worker_cpus", "worker_gpus", "ray_address"}
        typer.echo(settings.model_dump_json(include=chosen, indent=2))
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())

    from worker.pool import Pool  # Ray takes seconds to import

    Pool(settings).run(stopping)
