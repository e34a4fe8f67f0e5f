"""`infomorphic plot`: a study, an analysis or several best goals as a picture."""

import os
from pathlib import Path
from typing import Annotated

import typer

from service.cli.client import Client, address
from service.cli.output import Json, console, print_json
from service.errors import SettingsError
from service.settings import Settings

ENDINGS = (".svg", ".png", ".html")


def plot(
    names: Annotated[list[str], typer.Argument(help="A study or an analysis; several studies for their best goals.")],
    what: Annotated[
        str | None,
        typer.Option(help="Of a study: goal (the default), history, parallel, atoms or importances."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Ends in .svg, .png, or .html, which is interactive."),
    ] = None,
    trial: Annotated[int | None, typer.Option(help="Trial whose goal or atoms; by default the best one.")] = None,
    method: Annotated[str | None, typer.Option(help="For importances: mdi, fanova or ped_anova.")] = None,
    trials: Annotated[str | None, typer.Option(help="For importances: all or design.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    as_json: Json = False,
) -> None:
    """Draw a picture: an analysis, a study's best goal or history, or the best goals of several studies."""
    file = output or Path(f"{'-'.join([names[0], *([] if what is None else [what])])}.svg")
    if file.suffix.lower() not in ENDINGS:
        raise SettingsError(f"{file} cannot be written: expected a name that ends in {', '.join(ENDINGS)}")
    if os.path.lexists(file) and not force:
        raise SettingsError(f"{file} is there already; with --force it is replaced")
    picture = f"plot{file.suffix.lower()}"
    query = {"what": what, "trial": trial, "method": method, "trials": trials}
    with Client(Settings()) as client:
        if len(names) > 1:
            content = client.download(f"/v1/comparisons/{picture}", study=names)
        elif what is None and trial is None and (parent := client.get(address(names[0]))["analysis_of"]) is not None:
            content = client.download(address(parent, "analyses", names[0], picture))
        else:
            content = client.download(address(names[0], picture), **query)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}") from error
    if as_json:
        print_json({"file": str(file), "bytes": len(content)})
    else:
        console.print(f"Wrote {file}.", markup=False, soft_wrap=True)
