"""`infomorphic best`: the best goal of a study, printed or written into a file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from model.errors import GoalFileError
from model.goal_files import goals_in, write_goals
from model.goal_table import goal_tables
from service.cli.client import Client, address
from service.cli.output import Json, console, percent, print_json
from service.cli.studies import Name
from service.errors import SettingsError
from service.settings import Settings


def best(
    name: Name,
    which: Annotated[
        str | None, typer.Option(help="Which goal: recommended (the default), by_mean or single_trial.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the goal into a file; its ending says the format.")
    ] = None,
    hydra: Annotated[bool, typer.Option("--hydra", help="Write YAML as a goal file of the paper's code.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    as_json: Json = False,
) -> None:
    """Print the best goal of a study: by the mean of several networks if there is one, else of the best trial."""
    if output is None and (hydra or force):
        raise SettingsError("--hydra and --force are about the file to write; expected --output with them")
    with Client(Settings()) as client:
        answer = client.get(address(name, "best"), which=which)
    if output is not None:
        if not answer["goal"]:
            raise GoalFileError(f"{output} cannot be written: the network's hidden layers have no goals")
        write_goals(output, goals_in(answer["goal"]), hydra=hydra, overwrite=force)
    if as_json:
        print_json(answer)
        return
    _print(answer)
    if output is not None:
        console.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def _print(answer: dict[str, Any]) -> None:
    single, by_mean = answer["single_trial"], answer["by_mean"]
    networks = len(single["repeats"])
    among = f", the best of its {networks} networks" if networks > 1 else ""
    line = f"Best single trial  trial {single['number']}: {_accuracy(single['best_network'])}{among}"
    console.print(line, markup=False, soft_wrap=True)
    if by_mean is not None:
        accuracy = by_mean["validation_accuracy"]
        low, high = accuracy["t_interval"]
        of = f"in {by_mean['analysis']}" if by_mean["source"] == "confirmation" else "of its repeats"
        console.print(
            f"Best by mean       trial {by_mean['trial']}: {_accuracy(accuracy['mean'])}, "
            f"mean of {len(accuracy['runs'])} networks ± {percent(accuracy['standard_error'])}",
            soft_wrap=True,
        )
        console.print(
            f"                   95 % interval {percent(max(low, 0))} to {percent(min(high, 1))}, {of}", markup=False
        )
    if answer["note"]:
        console.print(answer["note"], markup=False)
    console.print()
    chosen = "best by mean" if answer["chosen"] == "by_mean" else "best single trial"
    console.print(f"Goal of trial {answer['number']}, the {chosen}:")
    console.print(goal_tables(answer["goal"]))


def _accuracy(accuracy: float) -> str:
    return f"{percent(accuracy)} validation accuracy"
