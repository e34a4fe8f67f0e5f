"""`infomorphic goal …`: published goals and goal files."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from model.goal import Kind, presets
from model.goal_files import document_of, read_goals, write_goals
from model.goal_table import goal_tables

app = typer.Typer(help="Look at goals, and write them in another format.", no_args_is_help=True)
console = Console(highlight=False)

Source = Annotated[str, typer.Argument(metavar="GOAL", help="Name of a preset, or a file: .json, .yaml or .npy.")]
OfKind = Annotated[
    Kind | None, typer.Option("--kind", help="Which neurons it is for; needed for presets of bivariate ones.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@app.command()
def show(goal: Source, kind: OfKind = None, as_json: Json = False) -> None:
    """Show a goal, term by term."""
    document = document_of(read_goals(goal, kind))
    if as_json:
        typer.echo(json.dumps(document, indent=2))
    else:
        console.print(goal_tables(document))


@app.command(name="list")
def list_presets(as_json: Json = False) -> None:
    """List the published goals."""
    names = {kind: list(published) for kind, published in presets().items()}
    if as_json:
        typer.echo(json.dumps(names, indent=2))
        return
    for kind, of_kind in names.items():
        for name in of_kind:
            console.print(f"{kind:17}  {name}")


@app.command()
def convert(
    goal: Source,
    file: Annotated[Path, typer.Argument(help="What to write; its ending says the format.")],
    kind: OfKind = None,
    hydra: Annotated[bool, typer.Option("--hydra", help="Write YAML as a goal file of the paper's code.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
) -> None:
    """Write a goal in another format, to the last digit."""
    write_goals(file, read_goals(goal, kind), hydra=hydra, overwrite=force)
    console.print(f"Wrote {file}.", markup=False, soft_wrap=True)
