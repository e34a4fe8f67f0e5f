"""A progress bar over a study's trials."""

import time
from collections.abc import Callable
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from service.cli.client import Client, RequestRefusedError, ServiceUnreachableError, address
from service.cli.output import console, percent

ENDED = {"completed", "stopped", "failed"}

PERIOD_SECONDS = 0.5

PATIENCE_SECONDS = 60.0
"""So long the service, or its database, may be away before watching is given up."""


def watch_study(
    client: Client, name: str, *, quiet: bool = False, meanwhile: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """Show a study's progress until it ends.

    Args:
        client: The service.
        name: Name of the study.
        quiet: Whether to wait without showing anything.
        meanwhile: Called between two looks.

    Returns:
        The ended study, as the API answers it.
    """
    study: dict[str, Any] = client.get(address(name))
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("trials, {task.fields[running]} running, best {task.fields[best]}"),
        TimeElapsedColumn(),
        console=console,
        disable=quiet,
    ) as progress:
        task = progress.add_task(name, total=study["n_trials"], running=0, best="–")
        while True:
            progress.update(
                task,
                description=name if study["state"] == "running" else f"{name} ({study['state']})",
                completed=study["finished"],
                running=study["running"],
                best=percent(study["best_validation_accuracy"]),
            )
            if study["state"] in ENDED and not study["running"]:
                return study
            time.sleep(PERIOD_SECONDS)
            meanwhile()
            study = _look_patiently(client, name, meanwhile)


def _look_patiently(client: Client, name: str, meanwhile: Callable[[], object]) -> dict[str, Any]:
    """The study, once the service answers: it may be starting again just now."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            study: dict[str, Any] = client.get(address(name))
        except (ServiceUnreachableError, RequestRefusedError) as error:
            away = isinstance(error, ServiceUnreachableError) or error.status == 503
            if not away or time.monotonic() > deadline:
                raise
        else:
            return study
        time.sleep(PERIOD_SECONDS)
        meanwhile()
