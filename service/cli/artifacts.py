"""`infomorphic study artifacts`: the files that a run left with its trial, listed or saved."""

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.filesize import decimal
from rich.table import Table

from service.cli.client import Client, ServiceUnreachableError, address
from service.cli.output import Json, console, print_json
from service.cli.studies import Name
from service.errors import SettingsError
from service.settings import Settings
from service.spec import NAME_PATTERN


def artifacts(
    name: Name,
    trial: Annotated[int, typer.Argument(help="Number of the trial.", min=0)],
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Save them in this directory, over files of their names.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List or save the files that a run left with its trial."""
    of_trial = address(name, "trials", str(trial), "artifacts")
    with Client(Settings()) as client:
        found = client.get(of_trial)
        if save is not None:
            _save(client, of_trial, [artifact["name"] for artifact in found], save)
    if as_json:
        print_json(found)
    elif not found:
        console.print(f"Trial {trial} of {name} has no artifacts.", markup=False)
    else:
        console.print(_table(found))
        if save is not None:
            console.print(f"Saved in {save}.", markup=False, soft_wrap=True)


def _save(client: Client, of_trial: str, names: Sequence[str], directory: Path) -> None:
    """Save files, each whole or not at all.

    Raises:
        ServiceUnreachableError: If a name is none, and might lead out of the directory.
        SettingsError: If the directory cannot be written to.
    """
    if wrong := [name for name in names if not re.fullmatch(NAME_PATTERN, name)]:
        raise ServiceUnreachableError(f"what answers is not this service: no artifact of ours is named {wrong[0]!r}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".download-", dir=directory) as folder:
            for name in names:
                fetched = Path(folder) / name
                fetched.write_bytes(client.download(f"{of_trial}/{name}"))
                fetched.replace(directory / name)
    except OSError as error:
        raise SettingsError(f"cannot save in {directory}: {error}") from error


def _table(found: Sequence[dict[str, Any]]) -> Table:
    table = Table("name", "media type", "size", "created (UTC)", box=None, pad_edge=False)
    for artifact in found:
        created = artifact["created_at"][:19].replace("T", " ")
        table.add_row(artifact["name"], artifact["media_type"], decimal(artifact["size"]), created)
    return table
