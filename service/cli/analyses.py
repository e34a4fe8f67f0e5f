"""`infomorphic analyse` and `infomorphic analyses`: a thin client of the API."""

from typing import Annotated, Any

import typer
from rich.table import Table

from model.commands import options
from model.config import NetworkConfig
from model.goal_files import read_goals
from service.cli.client import Client, address
from service.cli.findings import findings_table, notes
from service.cli.output import Json, console, errors, print_json
from service.cli.watching import watch_study
from service.settings import Settings

Name = Annotated[str, typer.Argument(help="Name of the study.")]


def analyse(
    name: Annotated[str, typer.Argument(help="Name of a study that has ended.")],
    kind: Annotated[str, typer.Argument(help="zeroing, cumulative_zeroing, sensitivity, confirmation, or design.")],
    goal: Annotated[
        str | None, typer.Option(help="What to start from: best (the default), a trial's number, a preset, or a file.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="Networks that each goal is trained with.")] = None,
    term: Annotated[list[str] | None, typer.Option(help="Term to change; may be repeated; all by default.")] = None,
    order: Annotated[
        list[str] | None, typer.Option(help="Term to set to zero next, cumulatively; may be repeated.")
    ] = None,
    relative: Annotated[str | None, typer.Option(help="Relative changes for sensitivity, as in -0.1,0.1.")] = None,
    absolute: Annotated[str | None, typer.Option(help="Absolute changes for sensitivity, as in -0.1,0.1.")] = None,
    top: Annotated[int | None, typer.Option(help="How many of the best trials to confirm.")] = None,
    trials: Annotated[int | None, typer.Option(help="Goals of a design.")] = None,
    seed: Annotated[int | None, typer.Option(help="Keys the seeds of the networks.")] = None,
    analysis: Annotated[str | None, typer.Option("--name", help="Name of the analysis.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Watch it to its end, then print what it found.")] = False,
    as_json: Json = False,
) -> None:
    """Analyse a study: train goals near its best one again, to see which weights matter."""
    given = options.given(
        seeds=seeds, terms=term, order=order, top=top, n_trials=trials, seed=seed, name=analysis,
        relative=_numbers("relative", relative), absolute=_numbers("absolute", absolute),
    )  # fmt: skip
    with Client(Settings()) as client:
        if goal is not None:
            given["goal"] = _goal(client, name, goal)
        made = client.post(address(name, "analyses"), {"kind": kind, **given})
        if wait:
            made = _wait(client, made, quiet=as_json)
    if as_json:
        print_json(made)
    elif wait:
        _print(made)
    else:
        waits = f" once {made['waits_for']} is done" if made["waits_for"] else ""
        console.print(
            f"{made['name']} trains {_several(made['n_trials'], 'goal')}, "
            f"{_several(made['seeds'], 'network')} each{waits}.",
            soft_wrap=True,
        )
        _print_warnings(made)
        console.print(
            f"See what it finds with: infomorphic analyses {name} {made['name']}", markup=False, soft_wrap=True
        )


def analyses(
    name: Name,
    analysis: Annotated[str | None, typer.Argument(help="Name of an analysis, to see what it found.")] = None,
    as_json: Json = False,
) -> None:
    """List the analyses of a study, or print what one of them has found so far."""
    with Client(Settings()) as client:
        found = client.get(address(name, "analyses", *([] if analysis is None else [analysis])))
    if as_json:
        print_json(found)
    elif analysis is None:
        _list(found["analyses"])
    else:
        _print(found)


def _wait(client: Client, made: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """The analysis once it has ended; whoever does not want to wait is told that it goes on."""
    try:
        if made["waits_for"]:
            watch_study(client, made["waits_for"], quiet=quiet)
        watch_study(client, made["name"], quiet=quiet)
    except KeyboardInterrupt:
        errors.print(f"It goes on. See: infomorphic analyses {made['of']} {made['name']}", markup=False, soft_wrap=True)
        raise
    found: dict[str, Any] = client.get(address(made["of"], "analyses", made["name"]))
    return found


def _goal(client: Client, name: str, goal: str) -> object:
    """A goal as the service reads it, from what was typed."""
    if goal == "best":
        return goal
    if goal.isdecimal():
        return int(goal)
    network = NetworkConfig.model_validate(client.get(address(name))["spec"]["network"])
    goals = [list(own.gamma) for own in read_goals(goal, network.kind)]
    return goals[0] if len(goals) == 1 else goals


def _numbers(option: str, text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        return [float(number) for number in text.split(",") if number.strip()]
    except ValueError as error:
        raise options.OptionError(f"--{option}: expected numbers with commas between, as in -0.1,0.1") from error


def _list(found: list[dict[str, Any]]) -> None:
    table = Table("name", "kind", "goal", "state", "finished", "seeds", box=None, pad_edge=False)
    for each in found:
        finished = f"{each['finished']}/{each['n_trials']}"
        table.add_row(each["name"], each["kind"], each["goal"] or "", each["state"], finished, str(each["seeds"]))
    console.print(table if found else "There are none yet.")


def _print(found: dict[str, Any]) -> None:
    goals = f"{found['finished']} of {found['n_trials']} goals, seeds: {found['seeds']}"
    goal = f" ({found['goal']})" if found["goal"] else ""
    console.print(f"{found['name']}: {found['kind']} of {found['of']}{goal}, {found['state']}", markup=False)
    console.print(f"  {goals}", markup=False)
    if found["reason"]:
        console.print(f"  {found['reason']}", markup=False)
    if found["waits_for"]:
        console.print(f"  waits for {found['waits_for']}", markup=False)
    if found["kind"] == "design":
        console.print(f"  its trials are for: infomorphic importance {found['of']} --trials design", markup=False)
    if found["baseline"] is not None:
        console.print(findings_table(found))
        for note in notes(found):
            console.print(note, markup=False, soft_wrap=True)
    _print_warnings(found)


def _print_warnings(found: dict[str, Any]) -> None:
    for warning in found["warnings"]:
        console.print(f"Note: {warning}.", markup=False, soft_wrap=True)


def _several(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
