"""`infomorphic train`: one network, outside any study."""

import json
import os
import time
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from model.config import NetworkConfig, Strict, TrainingConfig
from model.data.directory import DIRECTORY_VARIABLE, default_directory
from model.errors import DataFileError, ModelError
from model.goal_files import document_of, read_goals
from model.study_source import fetch_study

DEFAULT_GOAL = "optimized_1_100_tpe"

C = TypeVar("C", bound=Strict)


class OptionsError(ModelError):
    """Options that were given contradict one another."""


class DeviceError(ModelError):
    """Nothing can be computed on this device."""


def train(
    goal: Annotated[
        str | None,
        typer.Option(help=f"Name of a preset, or a .json, .yaml or .npy file; {DEFAULT_GOAL} by default."),
    ] = None,
    from_study: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Take best goal, network, training and data set of a study; other options go over it."
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="digits, mnist, fashion-mnist, cifar10, or an .npz file; digits by default.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(envvar=DIRECTORY_VARIABLE, help="Where data sets are looked for.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the training part; 100 by default.")] = None,
    hidden: Annotated[int | None, typer.Option(min=1, help="Hidden neurons; 100 by default.")] = None,
    laterals: Annotated[
        int | None, typer.Option(min=1, help="Lateral connections into each hidden neuron; from all others by default.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=2, help="Samples a batch; 1024 by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Keys first weights and sampled outputs.")] = 0,
    data_seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Keys validation split and batches; 0 by default.")
    ] = None,
    device: Annotated[str, typer.Option(help="Where to compute: cpu, cuda, cuda:1, …")] = "cpu",
    threads: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Threads to compute with; all cores by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Train one network and print its accuracies; the test set is looked at once, at the end."""
    if goal is not None and from_study is not None:
        raise OptionsError("--goal and --from-study name a goal each; expected one of them")
    study = None if from_study is None else fetch_study(from_study, os.environ.get("API_KEY"))
    network = _changed(study.network if study else NetworkConfig(), hidden_neurons=hidden, lateral_connections=laterals)
    training = _changed(
        study.training if study else TrainingConfig(), epochs=epochs, batch_size=batch_size, data_seed=data_seed
    )
    dataset = dataset or (study.dataset if study else "digits")
    goals = study.goals(network) if study else read_goals(goal or DEFAULT_GOAL, network.kind, network.n_goals)

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
        split = data.split(training.validation_fraction, training.data_seed)
    except ValueError as error:
        raise DataFileError(f"{data.name}: {error}") from error
    run = Training(network, training, split, [goals], [seed], device)
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
        task = progress.add_task(data.name, total=training.epochs, accuracy="–")
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
            "epochs": training.epochs,
            "dataset": data.name,
            "seed": seed,
            "goal": document_of(goals),
            "network": network.model_dump(),
            "training": training.model_dump(),
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        console.print(f"Validation accuracy {validation:.2%}, test accuracy {test:.2%}, {seconds:.1f} s of training")


def _changed(config: C, **given: object) -> C:
    """A configuration with the options that were given."""
    changes = {field: value for field, value in given.items() if value is not None}
    return type(config).model_validate({**config.model_dump(), **changes})
