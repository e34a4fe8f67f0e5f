"""The commands put together, and their errors in one line."""

import sys
from functools import cache
from importlib.metadata import entry_points
from typing import NoReturn

import typer
from pydantic import ValidationError

from model.errors import ModelError
from service.cli import (
    analyses,
    artifacts,
    best,
    comparisons,
    database,
    importances,
    pictures,
    quickstart,
    serve,
    studies,
    up,
)
from service.cli.output import errors
from service.errors import ServiceError

app = typer.Typer(
    help="Search for the goals of infomorphic neurons.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(up.up)
app.command()(quickstart.quickstart)
app.command()(serve.api)
app.command()(serve.migrate)
app.command()(database.database)
studies.app.command()(artifacts.artifacts)
app.add_typer(studies.app, name="study")
app.command()(best.best)
app.command()(analyses.analyse)
app.command()(analyses.analyses)
app.command()(importances.importance)
app.command()(pictures.plot)
app.command()(comparisons.compare)


def main() -> None:
    """Run the command line; an error that has a name is told in words, without a traceback."""
    _add_commands()
    try:
        app()
    except Exception as error:
        message = _in_words(error)
        if message is None:
            raise
        _refuse(message)


@cache
def _add_commands() -> None:
    """Add what lives elsewhere, once: commands, and commands under one name."""
    for entry in entry_points(group="infomorphic.commands"):
        command = entry.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=entry.name)
        else:
            app.command(entry.name)(command)


def _in_words(error: Exception) -> str | None:
    """What an error says to who typed the command; None if it is a mistake of ours."""
    from sqlalchemy.exc import DBAPIError

    match error:
        case ServiceError() | ModelError():
            return "; ".join((str(error), *getattr(error, "__notes__", ())))
        case ValidationError():
            return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        case DBAPIError():
            return f"the database does not serve: {str(error.orig).splitlines()[0]}"
        case _:
            return None


def _refuse(message: str) -> NoReturn:
    errors.print(f"Error: {message}", style="red", markup=False, soft_wrap=True)
    sys.exit(1)
