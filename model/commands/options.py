"""What is given as options, as configurations; what is wrong is named by its option."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from model.config import Strict
from model.data.directory import DIRECTORY_VARIABLE
from model.errors import ModelError

DataDir = Annotated[Path | None, typer.Option(envvar=DIRECTORY_VARIABLE, help="Where data sets are looked for.")]
Device = Annotated[str, typer.Option(help="Where to compute: cpu, cuda, cuda:1, …")]
Threads = Annotated[int | None, typer.Option(min=1, max=1024, help="Threads to compute with; all cores by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

NAMES = {"hidden_neurons": "--hidden", "lateral_connections": "--laterals"}
"""Options that are not called as the field they stand for."""

Config = TypeVar("Config", bound=Strict)


class OptionError(ModelError):
    """An option's value is none of those that are valid."""


def configured(kind: type[Config], base: Config | None, options: Mapping[str, object]) -> Config:
    """A configuration with the options that are given.

    Args:
        kind: Of which.
        base: What it is without options; its own defaults if None.
        options: Those that are given, by field.

    Raises:
        OptionError: If one is not valid.
    """
    try:
        return kind(**{**dict(base or {}), **options})
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        option = NAMES.get(field, f"--{field.replace('_', '-')}")
        raise OptionError(f"{option}: {first['msg'].removeprefix('Value error, ')}") from error


def given(**values: object) -> dict[str, object]:
    """The options that are given, by field: those that are not None."""
    return {field: value for field, value in values.items() if value is not None}


def of_network(hidden: str | None, context: str | None, laterals: str | None) -> dict[str, object]:
    """The fields of a network that are given as texts, read.

    Raises:
        OptionError: If one is not valid.
    """
    read: dict[str, object] = {}
    if hidden is not None:
        read["hidden_neurons"] = _hidden_neurons(hidden)
    if context is not None:
        read["context"] = _context(context)
    if laterals is not None:
        read["lateral_connections"] = _lateral_connections(laterals)
    return read


def _hidden_neurons(text: str) -> int | list[int]:
    """As in `800,200`; a number alone is one layer, nothing is none."""
    try:
        sizes = [int(size) for size in text.split(",")] if text else []
    except ValueError as error:
        raise OptionError(
            f"--hidden: expected a whole number, several separated by commas, or '' for no hidden layer; got {text!r}"
        ) from error
    return sizes[0] if len(sizes) == 1 else sizes


def _context(text: str) -> list[str]:
    """As in `label,output`, or `none`."""
    origins = [] if text == "none" else [origin.strip() for origin in text.split(",")]
    if any(origin not in {"label", "output"} for origin in origins):
        raise OptionError(f"--context: expected label, output, label,output or none; got {text!r}")
    return origins


def _lateral_connections(text: str) -> int | None:
    """As in `100`, `all` or `none`."""
    if text in {"all", "none"}:
        return None if text == "all" else 0
    try:
        return int(text)
    except ValueError as error:
        raise OptionError(f"--laterals: expected a whole number, all or none; got {text!r}") from error
