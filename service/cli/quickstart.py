"""`infomorphic quickstart`: the main job once, from nothing to a best goal."""

from typing import Annotated, Any

import typer

from model.goal_table import goal_table
from service.cli.client import Client, RequestRefusedError, address
from service.cli.listening import PortUnusableError, listen
from service.cli.output import Json, console, percent, print_json, tally_line
from service.cli.stack import Stack
from service.cli.up import Workers
from service.cli.watching import watch_study
from service.hosts import service_url
from service.settings import Settings

REFERENCE = "heuristic"
"""The published goal that the best one is set beside; the study's first trial."""


def quickstart(
    trials: Annotated[int, typer.Option(min=1, help="Trials of the study.")] = 24,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Start the stack, search for a goal on the digits data set, print the best one, and stop."""
    asked = Settings()
    settings = asked.model_copy(update={"port": _free_port(asked), "workers": workers or asked.workers})
    if not as_json:
        console.print("Starting Postgres, the API with the dashboard, and a local Ray with workers…")
    with Stack(settings) as stack, Client(settings.model_copy(update={"url": stack.url})) as client:
        study = _create(client, trials)
        if not as_json:
            console.print(f"Watch it live at {stack.url}{study['dashboard']}", markup=False)
        study = watch_study(client, study["name"], quiet=as_json, meanwhile=stack.mend)
        best = client.get(address(study["name"], "best"))
        reference = client.get(address(study["name"], "trials", "0"))
    if as_json:
        print_json({"study": study, "best": best, REFERENCE: reference})
    else:
        _print(study, best, reference, asked)


def _create(client: Client, trials: int) -> dict[str, Any]:
    """A study under the first name that is free: every quickstart keeps its own."""
    number = 1
    while True:
        spec = {
            "name": "quickstart" if number == 1 else f"quickstart-{number}",
            "dataset": "digits",
            "sampler": {"type": "tpe", "n_startup_trials": 8},
            "n_trials": trials,
            "seed": number,
            "training": {"epochs": 30, "batch_size": 128},
            "initial_goals": [REFERENCE],
        }
        try:
            study: dict[str, Any] = client.post("/v1/studies", spec)
        except RequestRefusedError as error:
            if error.status != 409:
                raise
            number += 1
        else:
            return study


def _free_port(settings: Settings) -> int:
    """The port of the settings, or another while that one is taken."""
    try:
        sockets = listen(settings.host, settings.port)
    except PortUnusableError:
        sockets = listen(settings.host, 0)
    port: int = sockets[0].getsockname()[1]
    for free in sockets:
        free.close()
    return port


def _print(study: dict[str, Any], best: dict[str, Any], reference: dict[str, Any], settings: Settings) -> None:
    console.print()
    console.print(
        f"Best goal of {study['name']} (trial {best['number']}), weights of the atoms and H_res:", markup=False
    )
    console.print(goal_table(best["goal"]))
    console.print()
    console.print(f"Validation accuracy  {percent(best['validation_accuracy'])} with the best goal")
    console.print(
        f"                     {percent(reference['validation_accuracy'])} with the published {REFERENCE} goal"
    )
    console.print(f"Trials               {tally_line(study['tally'])}")
    console.print()
    base = service_url(settings.host, settings.port)
    console.print("All is stopped, and kept. While `.venv/bin/infomorphic up` runs, it is at:", markup=False)
    console.print(f"API docs             {base}/docs", markup=False)
    console.print(f"Dashboard            {base}{study['dashboard']}", markup=False)
