"""`infomorphic train`: one network, outside any study."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from model.config import NetworkConfig, TrainingConfig
from model.data.directory import DIRECTORY_VARIABLE, default_directory
from model.errors import DataFileError, ModelError
from model.goal import Goal, presets


class GoalFileError(ModelError):
    """A goal is neither a preset's name nor a file that holds one."""


class DeviceError(ModelError):
    """Nothing can be computed on this device."""


def train(
    goal: Annotated[
        str, typer.Option(help="Name of a preset, or a JSON file with 19 weights or an object of terms and weights.")
    ] = "optimized_1_100_tpe",
    dataset: Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, cifar10, or an .npz file.")] = "digits",
    data_dir: Annotated[
        Path | None, typer.Option(envvar=DIRECTORY_VARIABLE, help="Where data sets are looked for.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training part.")] = 100,
    hidden: Annotated[int, typer.Option(min=1, help="Hidden neurons.")] = 100,
    laterals: Annotated[
        int | None, typer.Option(min=1, help="Lateral connections into each hidden neuron; from all others by default.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=2, help="Samples a batch.")] = 1024,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Keys first weights and sampled outputs.")] = 0,
    data_seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Keys validation split and batches.")] = 0,
    device: Annotated[str, typer.Option(help="Where to compute: cpu, cuda, cuda:1, …")] = "cpu",
    threads: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Threads to compute with; all cores by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Train one network and print its accuracies; the test set is looked at once, at the end."""
    chosen = read_goal(goal)
    network = NetworkConfig(hidden_neurons=hidden, lateral_connections=laterals)
    training = TrainingConfig(epochs=epochs, batch_size=batch_size, data_seed=data_seed)

    import torch

    from model.data import load, load_file
    from model.training import Training

    if threads is not None:
        torch.set_num_threads(threads)
    try:
        torch.zeros(1, device=device)
        torch.Generator(device)
    except (RuntimeError, AssertionError) as error:  # the latter is what a torch without CUDA says
        raise DeviceError(f"cannot compute on {device!r}: {str(error).splitlines()[0]}") from error
    data = load_file(Path(dataset)) if dataset.endswith(".npz") else load(dataset, data_dir or default_directory())
    try:
        split = data.split(training.validation_fraction, data_seed)
    except ValueError as error:
        raise DataFileError(f"{data.name}: {error}") from error
    run = Training(network, training, split, [chosen], [seed], device)
    console = Console(stderr=as_json, highlight=False)
    started = time.perf_counter()
    validation = 0.0
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs, validation accuracy {task.fields[accuracy]}"),
        TimeElapsedColumn(),
        console=console,
        disable=as_json,
    ) as progress:
        task = progress.add_task(data.name, total=epochs, accuracy="–")
        for result in run.epochs():
            validation = result.validation_accuracy[0]
            progress.update(task, advance=1, accuracy=f"{validation:.2%}")
    seconds = time.perf_counter() - started
    test = run.accuracy(data.test_images, data.test_labels)[0]
    if as_json:
        document = {
            "validation_accuracy": validation,
            "test_accuracy": test,
            "seconds": seconds,
            "epochs": epochs,
            "dataset": data.name,
            "seed": seed,
            "goal": chosen.as_dict(),
            "network": network.model_dump(),
            "training": training.model_dump(),
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        console.print(f"Validation accuracy {validation:.2%}, test accuracy {test:.2%}, {seconds:.1f} s of training")


def read_goal(name_or_file: str) -> Goal:
    """The goal that a preset's name or a JSON file stands for.

    Raises:
        GoalFileError: If it is neither.
    """
    if name_or_file in presets()["trivariate"]:
        return Goal.preset(name_or_file)
    path = Path(name_or_file)
    try:
        return Goal.parse(json.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise GoalFileError(
            f"{name_or_file!r} is neither a file nor a preset; presets are {', '.join(sorted(presets()['trivariate']))}"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise GoalFileError(f"{path} holds no goal: {error}") from error
