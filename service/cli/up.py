"""`infomorphic up`: the whole stack on this machine, until stopped."""

import signal
import threading
from typing import Annotated

import typer

from service.cli.output import Json, console, errors, print_json
from service.cli.stack import Stack
from service.settings import Settings

Workers = Annotated[int | None, typer.Option(min=1, help="Workers to keep alive.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the API and the dashboard.")]


def up(port: Port = None, workers: Workers = None, as_json: Json = False) -> None:
    """Start Postgres, the API with the dashboard, and workers; Ctrl-C stops them, studies are kept."""
    settings = Settings()
    settings = settings.model_copy(update={"port": port or settings.port, "workers": workers or settings.workers})
    stopping = stop_on_signals()
    with Stack(settings, stopping) as stack:
        addresses = {"api": stack.url, "docs": f"{stack.url}/docs", "dashboard": f"{stack.url}/dashboard"}
        if stopping.is_set():
            return
        if as_json:
            print_json({**addresses, "logs": str(stack.logs), "workers": settings.workers})
        else:
            console.print(f"API        {addresses['api']}/v1", markup=False)
            console.print(f"API docs   {addresses['docs']}", markup=False)
            console.print(f"Dashboard  {addresses['dashboard']}", markup=False)
            console.print(f"Logs       {stack.logs}", markup=False)
            if Settings().url != stack.url:
                console.print(f"Commands   find it with: export INFOMORPHIC_URL={stack.url}", markup=False)
            at_work = "1 worker" if settings.workers == 1 else f"{settings.workers} workers"
            console.print(f"{at_work}. Ctrl-C stops everything; studies are kept.")
        while not stopping.wait(0.5):
            for name in stack.mend():
                errors.print(f"{name} ended unexpectedly and was started again; see {stack.logs}", markup=False)
        if not as_json:
            console.print("Stopping…")


def stop_on_signals() -> threading.Event:
    """An event that Ctrl-C, SIGTERM and a closed terminal set."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
