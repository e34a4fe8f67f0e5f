"""`infomorphic study …`: a thin client of the API."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from model.commands import options
from service.cli.client import Client, address
from service.cli.output import Json, console, percent, print_json, tally_line
from service.cli.watching import watch_study
from service.errors import SettingsError
from service.settings import Settings

app = typer.Typer(help="Make, watch and steer studies.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the study.")]


@app.command()
def create(
    name: Annotated[str | None, typer.Argument(help="Name of the study; may also stand in the spec.")] = None,
    spec: Annotated[
        str | None, typer.Option(help="JSON file with the study's spec, or - for standard input; options go over it.")
    ] = None,
    sampler: Annotated[str | None, typer.Option(help="tpe or cmaes.")] = None,
    trials: Annotated[int | None, typer.Option(help="Trials to run.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Name of a data set.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs a trial.")] = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Hidden neurons, 100; several numbers as in 600,200,200 for several layers; '' for none."),
    ] = None,
    context: Annotated[
        str | None, typer.Option(help="Where context comes from: label (the default), output, label,output or none.")
    ] = None,
    activation: Annotated[str | None, typer.Option(help="modulating or linear.")] = None,
    learning: Annotated[str | None, typer.Option(help="goals, backpropagation or fixed.")] = None,
    goal_per_layer: Annotated[
        bool | None, typer.Option("--goal-per-layer", help="Search a goal for each hidden layer, not one for all.")
    ] = None,
    repeats: Annotated[int | None, typer.Option(help="Networks a trial, of which it is the mean.")] = None,
    pruner: Annotated[str | None, typer.Option(help="median, hyperband or patience; by default none.")] = None,
    together: Annotated[
        str | None, typer.Option("--trials-per-worker", help="Trials a worker trains together: a number, or auto.")
    ] = None,
    laterals: Annotated[
        str | None,
        typer.Option(help="Lateral connections into each hidden neuron: a number, all (the default) or none."),
    ] = None,
    record: Annotated[
        str | None,
        typer.Option(help="What is kept of what networks did: layers (the default), neurons (of each too) or none."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the study.")] = None,
    goal: Annotated[list[str] | None, typer.Option(help="Preset to try first; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Create a study; workers start on it at once."""
    document = _read_spec(spec)
    given = {
        "name": name, "sampler": sampler, "n_trials": trials, "dataset": dataset, "seed": seed, "initial_goals": goal,
        "repeats": repeats, "pruner": pruner, "goal_per_layer": goal_per_layer, "record": record,
        "trials_per_worker": int(together) if together and together.isdecimal() else together,
    }  # fmt: skip
    document.update(options.given(**given))
    parts = {
        "training": options.given(epochs=epochs),
        "network": {
            **options.of_network(hidden, context, laterals),
            **options.given(activation=activation, learning=learning),
        },
    }
    for part, fields in parts.items():
        within = document.get(part, {})
        if fields and isinstance(within, dict):  # anything else the service refuses in words
            document[part] = {**within, **fields}
    with Client(Settings()) as client:
        study = client.post("/v1/studies", document)
    if as_json:
        print_json(study)
    else:
        console.print(f"Created {study['name']}. Watch it with: infomorphic study watch {study['name']}", markup=False)


def _read_spec(spec: str | None) -> dict[str, Any]:
    if spec is None:
        return {}
    try:
        text = sys.stdin.read() if spec == "-" else Path(spec).read_text("utf-8")
        document = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"the spec {spec} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(f"the spec {spec} must be a JSON object")
    return document


@app.command(name="list")
def list_studies(as_json: Json = False) -> None:
    """List all studies, newest first."""
    studies: list[dict[str, Any]] = []
    with Client(Settings()) as client:
        while True:
            page = client.get("/v1/studies", offset=len(studies), limit=1000)
            studies += page["studies"]
            if not page["studies"] or len(studies) >= page["total"]:
                break
    if as_json:
        print_json({"studies": studies, "total": len(studies)})
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("name", overflow="fold")
    for title in ("state", "finished", "running", "sampler", "data set", "analysis of"):
        table.add_column(title)
    for study in studies:
        finished = f"{study['finished']}/{study['n_trials']}"
        numbers = finished, str(study["running"])
        table.add_row(
            study["name"], study["state"], *numbers, study["sampler"], study["dataset"], study["analysis_of"] or ""
        )
    console.print(table if studies else "There are no studies yet. Create one with: infomorphic study create NAME")


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show a study: its state, tally and spec."""
    with Client(Settings()) as client:
        study = client.get(address(name))
    if as_json:
        print_json(study)
        return
    console.print(f"{study['name']}: {study['state']}", markup=False)
    if study["reason"]:
        console.print(f"  reason    {study['reason']}", markup=False)
    if study["analysis_of"]:
        console.print(f"  analysis  of {study['analysis_of']}", markup=False)
    console.print(f"  finished  {study['finished']} of {study['n_trials']}, {study['running']} running")
    console.print(f"  tally     {tally_line(study['tally'])}")
    console.print(f"  best      {percent(study['best_validation_accuracy'])} validation accuracy")
    if study["generations"]:
        console.print(f"  CMA-ES    {_generations_line(study['generations'])}")
    console.print(f"  sampler   {study['sampler']}")
    console.print(f"  data set  {study['dataset']}, {study['spec']['training']['epochs']} epochs a trial")
    console.print(f"  page      {Settings().url}{study['dashboard']}", markup=False)


def _generations_line(generations: dict[str, Any]) -> str:
    complete = f"{generations['complete']} generations of {generations['size']} complete"
    if generations["results_used"] is None:
        return complete
    used, idle = percent(generations["results_used"]), percent(generations["idle_share"])
    return f"{complete}, {used} of their results used, who took part waited {idle} of the time"


@app.command()
def watch(name: Name, as_json: Json = False) -> None:
    """Watch a study until it ends; Ctrl-C leaves it running."""
    with Client(Settings()) as client:
        study = watch_study(client, name, quiet=as_json)
    if as_json:
        print_json(study)
    else:
        best_accuracy = percent(study["best_validation_accuracy"])
        console.print(f"{name} is {study['state']}: {tally_line(study['tally'])}; best {best_accuracy}", markup=False)


@app.command()
def pause(name: Name, as_json: Json = False) -> None:
    """Pause a study: trials in hand finish, none starts."""
    _change(name, "pause", as_json=as_json)


@app.command()
def resume(name: Name, as_json: Json = False) -> None:
    """Resume a paused study, a failed one, or an analysis with failed goals: what failed is tried again."""
    _change(name, "resume", as_json=as_json)


@app.command()
def stop(name: Name, as_json: Json = False) -> None:
    """Stop a study for good: trials in hand end at their next epoch, results are kept."""
    _change(name, "stop", as_json=as_json)


def _change(name: str, action: str, *, as_json: bool) -> None:
    with Client(Settings()) as client:
        study = client.post(address(name, action))
    if as_json:
        print_json(study)
    else:
        console.print(f"{name} is {study['state']}.", markup=False)


@app.command()
def delete(name: Name, as_json: Json = False) -> None:
    """Delete an ended study and all of its trials."""
    with Client(Settings()) as client:
        client.delete(address(name))
    if as_json:
        print_json({"deleted": name})
    else:
        console.print(f"Deleted {name}.", markup=False)
