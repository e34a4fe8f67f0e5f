"""What commands print: for people, or one JSON document."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

# Into a file or another program's input, lines are whole, however long.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
errors = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def percent(accuracy: float | None) -> str:
    """An accuracy as people read it."""
    return "–" if accuracy is None else f"{accuracy:.2%}"


def tally_line(tally: Mapping[str, Any]) -> str:
    """How many trials are in each state, those that are in none left out."""
    return ", ".join(f"{number} {state}" for state, number in tally.items() if number) or "no trials yet"
