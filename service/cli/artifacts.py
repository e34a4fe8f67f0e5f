"""`infomorphic study artifacts`: the files that a run left with its trial, listed or saved."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, TypeAdapter, ValidationError
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from service.cli.client import Client, ServiceUnreachableError, address
from service.cli.output import Json, console, print_json
from service.cli.studies import Name
from service.errors import SettingsError
from service.settings import Settings
from service.spec import StudyName


class Listed(BaseModel):
    """An artifact as the service lists it."""

    name: StudyName
    media_type: str
    size: int
    created_at: datetime


class Leaving(BaseModel):
    """A trial, as far as it says what is not kept of its run."""

    left_out: str | None = None


Answer = TypeVar("Answer")

LISTED, LEAVING = TypeAdapter(list[Listed]), TypeAdapter(Leaving)


def artifacts(
    name: Name,
    trial: Annotated[int, typer.Argument(help="Number of the trial.", min=0)],
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Save them in this directory, over files of their names.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List or save the files that a run left with its trial."""
    of_trial = address(name, "trials", str(trial))
    with Client(Settings()) as client:
        answer = client.get(f"{of_trial}/artifacts")
        found = _understood(LISTED, answer)
        left_out = None if as_json else _understood(LEAVING, client.get(of_trial)).left_out
        if save is not None:
            _save(client, f"{of_trial}/artifacts", [artifact.name for artifact in found], save)
    if as_json:
        print_json(answer)
        return
    console.print(_table(found) if found else Text(f"Trial {trial} of {name} has no artifacts."))
    if left_out:
        console.print(f"Left out: {left_out}", markup=False, soft_wrap=True)
    if found and save is not None:
        console.print(f"Saved in {save}.", markup=False, soft_wrap=True)


def _understood(expected: TypeAdapter[Answer], answer: object) -> Answer:
    """What the service answers.

    Raises:
        ServiceUnreachableError: If it is no answer of ours; another's names might lead out of a directory.
    """
    try:
        return expected.validate_python(answer)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise ServiceUnreachableError(f"what answers is not this service: {where}: {first['msg']}") from error


def _save(client: Client, of_trial: str, names: Sequence[str], directory: Path) -> None:
    """Save files, each whole or not at all.

    Raises:
        SettingsError: If the directory cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".download-", dir=directory) as folder:
            for name in names:
                fetched = Path(folder) / name
                fetched.write_bytes(client.download(f"{of_trial}/{name}"))
                fetched.replace(directory / name)
    except OSError as error:
        raise SettingsError(f"cannot save in {directory}: {error}") from error


def _table(found: Sequence[Listed]) -> Table:
    table = Table("name", "media type", "size", "created (UTC)", box=None, pad_edge=False)
    for artifact in found:
        created = f"{artifact.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        table.add_row(artifact.name, Text(artifact.media_type), decimal(artifact.size), created)
    return table
