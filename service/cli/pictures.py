"""`infomorphic plot`: a study, an analysis or several best goals as a picture."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from service.cli.client import Client, address
from service.cli.output import Json, console, print_json
from service.errors import SettingsError
from service.settings import Settings

ENDINGS = (".svg", ".png", ".html")

OPTIONS = {
    "history": ("what",),
    "parallel": ("what",),
    "importances": ("what", "method", "trials"),
}
"""Of pictures of a study; the others are of a trial."""


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
    options = {"what": what, "trial": trial, "method": method, "trials": trials}
    given = {name: value for name, value in options.items() if value is not None}
    with Client(Settings()) as client:
        path, used = _picture(client, names, what or "goal", given)
        if unused := [f"--{option}" for option in given if option not in used]:
            raise SettingsError(f"{', '.join(unused)}: not for this picture")
        content = client.download(f"{path}/{picture}", **given, **({"study": names} if len(names) > 1 else {}))
    try:
        file.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}") from error
    if as_json:
        print_json({"file": str(file), "bytes": len(content)})
    else:
        console.print(f"Wrote {file}.", markup=False, soft_wrap=True)


def _picture(client: Client, names: list[str], what: str, given: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    """Where a picture is, and which options it has."""
    if len(names) > 1:
        return "/v1/comparisons", ()
    if not given.keys() - {"method"} and (parent := client.get(address(names[0]))["analysis_of"]) is not None:
        return address(parent, "analyses", names[0]), ("method",)
    return address(names[0]), OPTIONS.get(what, ("what", "trial"))
