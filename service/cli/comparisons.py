"""`infomorphic compare`: several studies side by side."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from service.cli.client import Client
from service.cli.output import Json, console, print_json
from service.settings import Settings


def compare(
    names: Annotated[list[str], typer.Argument(help="Studies, two at least.")],
    by: Annotated[
        str | None,
        typer.Option(help="What tells which weights matter: zeroing (the default), mdi, fanova or ped_anova."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare studies: how alike their best goals are, and whether the same weights matter."""
    with Client(Settings()) as client:
        found = client.get_once_computed("/v1/comparisons", study=names, ranked_by=by)
    if as_json:
        print_json(found)
        return
    goals = Table("weight", *names, box=None, pad_edge=False)
    for weight in found["studies"][0]["weights"]:
        goals.add_row(Text(weight), *(f"{study['weights'][weight]:+.4f}" for study in found["studies"]))
    console.print(goals)
    console.print()
    _print_matrix("Cosine similarity of the best goals", names, found["cosine_similarity"])
    ranked = f"Rank correlation of what matters, by {found['ranked_by']}, of {len(found['ranked'])} weights"
    _print_matrix(ranked, names, found["rank_agreement"])
    for study in found["studies"]:
        if study["source"] is not None:
            console.print(f"What matters in {study['name']}: {study['source']}", markup=False, soft_wrap=True)
    for note in found["notes"]:
        console.print(f"Note: {note}", markup=False, soft_wrap=True)


def _print_matrix(title: str, names: list[str], matrix: list[list[float | None]]) -> None:
    table = Table("", *names, box=None, pad_edge=False)
    for name, row in zip(names, matrix, strict=True):
        table.add_row(Text(name), *("–" if value is None else f"{value:+.3f}" for value in row))
    console.print(f"{title}:")
    console.print(table)
    console.print()
