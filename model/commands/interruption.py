"""What to do after Ctrl-C: go on from the checkpoint."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import typer

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def interrupted(checkpoint: Path | None, epochs: int, options: Mapping[str, object]) -> NoReturn:
    """Say how to go on, and end.

    Args:
        checkpoint: Where the training has written checkpoints, if anywhere.
        epochs: Those that were asked for.
        options: Of the command, by name: what a checkpoint does not know.

    Raises:
        KeyboardInterrupt: If there is no checkpoint.
        Exit: If there is one.
    """
    from model.checkpoints.directory import exists, read_document

    if checkpoint is None or not exists(checkpoint):
        raise KeyboardInterrupt
    document = read_document(checkpoint)
    done, known = document.epochs, document.training.epochs
    again = {"resume": checkpoint, "epochs": None if epochs == known else epochs, **options}
    again |= _record(options, done, epochs)
    command = shlex.join(["infomorphic", "train", *arguments(again)])
    said = f"Interrupted. {checkpoint} has the checkpoint after epoch {done} of {epochs}; go on from there with"
    typer.echo(f"{said}\n{command}", err=True)
    raise typer.Exit(INTERRUPTED)


def arguments(options: Mapping[str, object]) -> list[str]:
    """Options as they are typed, without those that are None or False."""
    found = []
    for name, value in options.items():
        if value is not None and value is not False:
            found += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return found


def _record(options: Mapping[str, object], done: int, epochs: int) -> dict[str, object]:
    """Where to record the rest, if there is any: beside what is recorded already, which is not written over."""
    from model.record_files import has_record

    directory = options.get("record")
    if done == epochs or not isinstance(directory, Path):
        return {"record": None, "record_neurons": None}
    if not has_record(directory):
        return {"record": directory}
    whole = directory.resolve()
    return {"record": whole.with_name(f"{whole.name}-from-{done + 1}")}
