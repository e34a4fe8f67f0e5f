"""`infomorphic evaluate`: a network from a checkpoint, on its data set or another."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from model.commands import options
from model.data import find


def evaluate(
    checkpoint: Annotated[Path, typer.Argument(help="Directory of the checkpoint.")],
    dataset: Annotated[
        str | None, typer.Option(help="A data set's name, or an .npz file; by default the one that it was trained on.")
    ] = None,
    data_dir: options.DataDir = None,
    member: Annotated[
        int | None, typer.Option(min=0, help="Which network, where the checkpoint has several; counted from 0.")
    ] = None,
    noise_free: Annotated[bool, typer.Option("--noise-free", help="Evaluate without sampling outputs.")] = False,
    device: options.Device = "cpu",
    threads: options.Threads = None,
    as_json: options.Json = False,
) -> None:
    """Print a trained network's validation and test accuracy, and what it calls the images of each class."""
    import torch

    from model.checkpoints import load
    from model.downstream import split

    if threads is not None:
        torch.set_num_threads(threads)
    network = load(checkpoint, member, device)
    trained_on, training = network.description.data, network.description.training
    data = find(dataset or trained_on.name, data_dir)
    trained_on.check_fits(data)
    data = data.standardised_by(trained_on.mean, trained_on.deviation)
    withheld = split(data, training)
    validation, test = (
        network.evaluate(images, labels, sampled=not noise_free, standardised=True)
        for images, labels in (
            (withheld.validation_images, withheld.validation_labels),
            (data.test_images, data.test_labels),
        )
    )
    if as_json:
        document = {
            "validation_accuracy": validation.accuracy,
            "test_accuracy": test.accuracy,
            "confusion": test.confusion.tolist(),
            "dataset": data.name,
            "epochs": network.description.epochs,
            "seed": network.seed,
            "noise_free": noise_free,
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"Validation accuracy {validation.accuracy:.2%}, test accuracy {test.accuracy:.2%}")
        typer.echo("Test images of each class (rows) by the label they were given (columns)")
        typer.echo(_table(test.confusion.tolist()))


def _table(counts: Sequence[Sequence[int]]) -> str:
    """Rows and columns under their numbers."""
    rows = [("", *range(len(counts))), *((label, *row) for label, row in enumerate(counts))]
    width = max(len(str(cell)) for row in rows for cell in row) + 1
    return "\n".join("".join(f"{cell:>{width}}" for cell in row) for row in rows)
