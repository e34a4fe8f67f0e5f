"""`infomorphic importance`: how much each searched weight matters."""

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from service.cli.client import Client, address
from service.cli.output import Json, console, errors, print_json
from service.cli.studies import Name
from service.settings import Settings

BAR_LENGTH = 30


def importance(
    name: Name,
    method: Annotated[str, typer.Option(help="mdi, fanova (slow) or ped_anova.")] = "mdi",
    trials: Annotated[
        str, typer.Option(help="all: the study's own trials; design: those of a design made for it.")
    ] = "all",
    as_json: Json = False,
) -> None:
    """Show how much each searched weight of a study matters, by Optuna's evaluators."""
    with Client(Settings()) as client:
        found = client.get_once_computed(
            address(name, "importances"), if_not_yet=_say_that_it_takes_time, method=method, trials=trials
        )
    if as_json:
        print_json(found)
        return
    source = found["source"]
    left_out = ", ".join(f"{number} {kind}" for kind, number in source["left_out"].items() if number)
    console.print(
        f"{found['method']} of {source['n_trials']} trials of {source['study']}, which {source['sampler']} chose"
        + (f"; left out are {left_out}" if left_out else ""),
        markup=False,
        soft_wrap=True,
    )
    console.print(_table(found["weights"]))
    console.print(
        f"±: {found['spread']}. {found['evaluator']}, Optuna {found['version']}.", markup=False, soft_wrap=True
    )
    if found["fixed"]:
        console.print(f"Not searched: {', '.join(found['fixed'])}", markup=False, soft_wrap=True)
    for warning in found["warnings"]:
        errors.print(f"Warning: {warning}", style="yellow", markup=False, soft_wrap=True)


def _say_that_it_takes_time(pending: dict[str, Any]) -> None:
    number = pending["source"]["n_trials"]
    errors.print(f"Importances of {number} trials are being computed: this may take minutes.", markup=False)


def _table(weights: list[dict[str, Any]]) -> Table:
    """The weights in their order, with a bar for each: the longest for the most important."""
    table = Table("weight", box=None, pad_edge=False)
    table.add_column("importance", justify="right")
    table.add_column("±", justify="right")
    table.add_column("rank", justify="right")
    table.add_column("", no_wrap=True)
    longest = max(weight["importance"] for weight in weights) or 1.0
    for weight in weights:
        table.add_row(
            Text(weight["name"]),
            f"{weight['importance']:.4f}",
            f"{weight['standard_deviation']:.4f}",
            str(weight["rank"]),
            Text("█" * round(BAR_LENGTH * weight["importance"] / longest), style="green"),
        )
    return table
