"""`infomorphic train`: one network, outside any study."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from model.commands import options
from model.commands.interruption import interrupted
from model.commands.progress import Bar
from model.config import NetworkConfig, TrainingConfig
from model.goal_files import document_of
from model.study_source import fetch_study

if TYPE_CHECKING:
    from model.checkpoints.document import Document
    from model.downstream import Trained


def train(
    goal: Annotated[
        str | None,
        typer.Option(
            help="Name of a preset, or a .json, .yaml or .npy file; by default optimized_1_100_tpe, or optimized_1_100 "
            "for neurons of two sources."
        ),
    ] = None,
    from_study: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Take best goal, network, training and data set of a study; other options go over it."
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="digits (the default), mnist, fashion-mnist, cifar10, or an .npz file.")
    ] = None,
    data_dir: options.DataDir = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Hidden neurons, 100; several numbers as in 800,200 for several layers; '' for none."),
    ] = None,
    context: Annotated[
        str | None, typer.Option(help="Where context comes from: label (the default), output, label,output or none.")
    ] = None,
    laterals: Annotated[
        str | None,
        typer.Option(help="Lateral connections into each hidden neuron: a number, all (the default) or none."),
    ] = None,
    activation: Annotated[str | None, typer.Option(help="modulating (the default) or linear.")] = None,
    learning: Annotated[
        str | None, typer.Option(help="How hidden layers learn: goals (the default), backpropagation or fixed.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training part, 100.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Samples a batch, 1024.")] = None,
    hidden_learning_rate: Annotated[float | None, typer.Option(help="Adam's rate for hidden layers, 0.002.")] = None,
    output_learning_rate: Annotated[float | None, typer.Option(help="Adam's rate for the output, 0.003.")] = None,
    backpropagation_learning_rate: Annotated[
        float | None, typer.Option(help="Adam's rate for backpropagation, 0.001.")
    ] = None,
    validation_fraction: Annotated[
        float | None, typer.Option(help="Share of the training set to withhold for validation, 0.2.")
    ] = None,
    data_seed: Annotated[int | None, typer.Option(help="Keys validation split and batches, 0.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Keys first weights and sampled outputs, 0.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Directory to write checkpoints to.")] = None,
    checkpoint_every: Annotated[int, typer.Option(min=1, help="Epochs from one checkpoint to the next.")] = 1,
    resume: Annotated[
        Path | None,
        typer.Option(help="Checkpoint to go on from, and to write to. More --epochs may be asked for, nothing else."),
    ] = None,
    noise_free: Annotated[
        bool, typer.Option("--noise-free", help="Evaluate in the end without sampling outputs.")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(help="Directory for history.csv and confusion.csv: accuracies, information and fields by epoch."),
    ] = None,
    record_neurons: Annotated[
        bool, typer.Option("--record-neurons", help="Write neurons.npz too: the information of each neuron.")
    ] = False,
    device: options.Device = "cpu",
    threads: options.Threads = None,
    as_json: options.Json = False,
) -> None:
    """Train one network and print its accuracies; the test set is looked at once, at the end."""
    chosen_network = {
        **options.of_network(hidden, context, laterals),
        **options.given(activation=activation, learning=learning),
    }
    chosen_training = options.given(
        epochs=epochs,
        batch_size=batch_size,
        hidden_learning_rate=hidden_learning_rate,
        output_learning_rate=output_learning_rate,
        backpropagation_learning_rate=backpropagation_learning_rate,
        validation_fraction=validation_fraction,
        data_seed=data_seed,
    )
    if goal is not None and from_study is not None:
        raise options.OptionError("--goal and --from-study name a goal each; expected one of them")
    if record_neurons and record is None:
        raise options.OptionError("--record-neurons needs a directory; expected --record DIR")
    if resume is not None and from_study is not None:
        raise options.OptionError("--resume goes on with the goal it has; expected it without --from-study")
    study = None if from_study is None else fetch_study(from_study)
    before = None if resume is None else _resumable(resume)
    base = study or before
    network = options.configured(NetworkConfig, base.network if base else None, chosen_network)
    training = options.configured(TrainingConfig, base.training if base else None, chosen_training)

    if goal is not None and network.n_goals == 0:
        raise options.OptionError("--goal: the network's hidden layers have none; expected no goal")

    import torch

    from model import downstream

    if threads is not None:
        torch.set_num_threads(threads)
    console = Console(stderr=as_json, highlight=False)
    try:
        with Bar(console, quiet=as_json) as bar:
            trained = downstream.train(
                goal,
                dataset,
                from_study=study,
                network=network,
                training=training,
                seeds=None if seed is None else [seed],
                device=device,
                data_dir=data_dir,
                checkpoint=checkpoint,
                checkpoint_every=checkpoint_every,
                resume=resume,
                on_begin=bar.begin,
                on_epoch=bar.advance,
                sampled=not noise_free,
                record=record,
                record_neurons=record_neurons,
            )
    except KeyboardInterrupt as stop:
        for note in getattr(stop, "__notes__", ()):
            typer.echo(note, err=True)
        going_on = {
            "dataset": dataset if dataset and dataset.endswith(".npz") else None,
            "data_dir": data_dir,
            "checkpoint_every": checkpoint_every if checkpoint_every > 1 else None,
            "noise_free": noise_free,
            "record": record,
            "record_neurons": record_neurons,
            "device": device if device != "cpu" else None,
            "threads": threads,
            "json": as_json,
        }
        interrupted(checkpoint or resume, training.epochs, going_on)
    seconds = bar.seconds
    if as_json:
        typer.echo(json.dumps({**_document(trained), "seconds": seconds}, ensure_ascii=False, indent=2))
    else:
        console.print(
            f"Validation accuracy {trained.validation_accuracy[0]:.2%}, test accuracy {trained.test_accuracy[0]:.2%}"
            f"{' without noise' if noise_free else ''}, "
            f"{seconds:.1f} s of training"
        )


def _resumable(directory: Path) -> "Document":
    """What the checkpoint to go on from says of itself.

    Raises:
        CheckpointError: If there is none, or its document cannot be read.
        OptionError: If it is one of several networks.
    """
    from model.checkpoints.directory import read_document

    document = read_document(directory)
    if (several := len(document.members)) > 1:
        raise options.OptionError(
            f"--resume: {directory} has {several} networks, expected one; Python goes on with several: "
            f"model.train(resume={str(directory)!r})"
        )
    return document


def _document(trained: "Trained") -> dict[str, object]:
    """What is printed as JSON."""
    (network,) = trained.networks
    description = network.description
    return {
        "validation_accuracy": trained.validation_accuracy[0],
        "test_accuracy": trained.test_accuracy[0],
        "epochs": description.epochs,
        "dataset": description.data.name,
        "seed": network.seed,
        "goal": document_of(network.goals),
        "network": description.network.model_dump(),
        "training": description.training.model_dump(),
    }
