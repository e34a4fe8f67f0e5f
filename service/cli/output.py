"""What commands print: for people, or one JSON document."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def percent(accuracy: float | None) -> str:
    """An accuracy as people read it."""
    return "–" if accuracy is None else f"{accuracy:.2%}"


def print_goals(goal: Mapping[str, float] | Sequence[Mapping[str, float]]) -> None:
    """A goal, or one after another those of several hidden layers."""
    if isinstance(goal, Mapping):
        console.print(goal_table(goal) if goal else "The network's hidden layers have no goals.")
        return
    for layer, own in enumerate(goal, start=1):
        console.print(f"Hidden layer {layer}")
        console.print(goal_table(own))


def goal_table(goal: Mapping[str, float]) -> Table:
    """A goal term by term, with a bar for each weight in [−1, 1]."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("term", no_wrap=True)
    table.add_column("weight", justify="right")
    table.add_column("bar", no_wrap=True)
    for term, weight in goal.items():
        length = round(abs(weight) * 10)
        left, right = (" " * (10 - length) + "█" * length, "") if weight < 0 else ("", "█" * length)
        table.add_row(term, f"{weight:+.4f}", f"[red]{left:10}[/red]│[green]{right:10}[/green]")
    return table


def tally_line(tally: Mapping[str, Any]) -> str:
    """How many trials are in each state, those that are in none left out."""
    return ", ".join(f"{number} {state}" for state, number in tally.items() if number) or "no trials yet"
