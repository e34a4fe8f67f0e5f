"""Training networks outside of any study, with a goal that is known: `model.train`."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import SupportsIndex

import torch

from model.checkpoints import Network, Snapshot, save
from model.checkpoints import resume as resume_from
from model.checkpoints.directory import exists, read_document
from model.config import NetworkConfig, TrainingConfig
from model.data import Dataset, Split, find
from model.device import check_device
from model.errors import CheckpointError, DataFileError
from model.goal import Goal, Goals, Kind, goals_of_layers, parse_goals
from model.goal_files import read_goals
from model.record import Recorder
from model.record_files import recording
from model.study_source import StudySource, fetch_study
from model.training import EpochResult, Training

DEFAULT_GOALS: Mapping[Kind, str] = {
    "trivariate": "optimized_1_100_tpe",
    "bivariate_context": "optimized_1_100",
    "bivariate_lateral": "optimized_1_100",
}
"""Presets for those who name no goal."""


@dataclass(frozen=True)
class Trained:
    """What has become of a training.

    Attributes:
        networks: One for each seed, or member that is still in training.
        validation_accuracy: Share of the validation part that each labels correctly, NaN for one that diverged.
        test_accuracy: The same of the test set.
    """

    networks: tuple[Network, ...]
    validation_accuracy: tuple[float, ...]
    test_accuracy: tuple[float, ...]


def train(
    goal: object = None,
    dataset: Dataset | Path | str | None = None,
    *,
    from_study: StudySource | str | None = None,
    network: NetworkConfig | None = None,
    training: TrainingConfig | None = None,
    seeds: Iterable[SupportsIndex] | None = None,
    device: torch.device | str = "cpu",
    data_dir: Path | str | None = None,
    checkpoint: Path | str | None = None,
    checkpoint_every: int = 1,
    resume: Path | str | None = None,
    on_begin: Callable[[Training], object] = lambda _run: None,
    on_epoch: Callable[[EpochResult], object] = lambda _result: None,
    sampled: bool = True,
    record: Path | str | None = None,
    record_neurons: bool = False,
) -> Trained:
    """Train networks with one goal, one for each seed, and look at the test set once, at the end.

    Args:
        goal: What `goals_from` reads; by default a published one, of the network's kind.
        from_study: Address of a study of a running service, as in `http://127.0.0.1:8000/studies/NAME`. Its best goal
            is taken, and network, training and data set where these are not given. Or what `fetch_study` gives.
        dataset: A data set, its name, or the path of an .npz file; `digits` by default.
        network: The paper's setup 1 by default.
        training: How to train; the paper's way by default.
        seeds: Whole numbers from 0 to 2147483647; 0 alone by default.
        device: Where to compute.
        data_dir: Where data sets are looked for by their names.
        checkpoint: Directory to write checkpoints to: at the beginning, every so many epochs and at the end; by default
            the one that is resumed.
        checkpoint_every: Epochs from one checkpoint to the next.
        resume: Checkpoint to go on from, bit by bit. What is not given is then as it was; what is given has to be,
            except that more epochs may be asked for, or accuracies without noise beside the others.
        on_begin: Called with what is trained before the first epoch, when nothing is left to be refused.
        on_epoch: Called after each epoch, and after its checkpoint.
        sampled: Whether the accuracies that are returned are of sampled outputs, as while learning and in what
            `on_epoch` is told; else there is no noise.
        record: Directory without a record, to write what the networks did to, at the end, be it by an error or Ctrl-C:
            `history.csv` and `confusion.csv`, as `model.record` has them, of the epochs that are trained now.
        record_neurons: Whether to write `neurons.npz` too, with the information of each neuron.

    Raises:
        ModelError: If the data or a checkpoint cannot be read, something else is asked for than was trained, nothing
            can be computed on the device or written to a directory, or all networks diverge.
        ValueError: If the goal does not fit the network.
    """
    if checkpoint_every < 1:
        raise ValueError(f"checkpoint_every: expected at least 1 epoch; got {checkpoint_every}")
    if record_neurons and record is None:
        raise ValueError("record_neurons: expected a directory to write them to, as record")
    own_seeds = None if seeds is None else _seeds(seeds)
    if from_study is not None:
        if goal is not None or resume is not None:
            raise ValueError("from_study: a study has a goal, and nothing to resume; expected neither goal nor resume")
        study = fetch_study(from_study) if isinstance(from_study, str) else from_study
        network, training, dataset = network or study.network, training or study.training, dataset or study.dataset
        goal = study.goals(network)
    source = None if resume is None else Path(resume).resolve()
    target = source if checkpoint is None else Path(checkpoint).resolve()
    new = target != source
    if target is not None and new and exists(target):
        raise CheckpointError(f"{target}: has a checkpoint already; expected it to be resumed, or another directory")
    check_device(device)
    before = None if source is None else read_document(source)
    data = find(dataset or ("digits" if before is None else before.data.name), data_dir)
    if source is None or before is None:
        run = _begun(goal, data, network or NetworkConfig(), training or TrainingConfig(), own_seeds, device)
    else:
        goals = None if goal is None else [goals_from(goal, network or before.network)] * len(before.seeds)
        run = resume_from(source, data, network=network, training=training, goals=goals, seeds=own_seeds, device=device)
    with nullcontext() if record is None else recording(run, Path(record), each_neuron=record_neurons) as recorder:
        if target is not None and new:
            save(run, target)
        on_begin(run)
        for result in _epochs(run, recorder, target, checkpoint_every):
            on_epoch(result)
    snapshot = Snapshot.of(run)
    return Trained(
        tuple(Network(snapshot, member, device) for member in run.members),
        run.accuracy(run.data.validation_images, run.data.validation_labels, sampled=sampled),
        run.accuracy(data.test_images, data.test_labels, sampled=sampled),
    )


def goals_from(source: object, network: NetworkConfig) -> Goals:
    """The goal of each hidden layer of a network, whatever it is given as.

    Args:
        source: A goal for all hidden layers, a list of one for each, the name of a preset, a goal file, or what
            `model.goal.parse_goals` reads; an empty tuple if the hidden layers have none.
        network: The network.

    Raises:
        GoalFileError: If a text or path is neither a preset nor a file with goals of this network.
        ValueError: If it is none of these, or does not fit the network.
    """
    if network.n_goals == 0 and not (isinstance(source, Sequence) and len(source) == 0):
        raise ValueError("goal: the network's hidden layers have none; expected no goal")
    if isinstance(source, str | Path):
        return read_goals(source, network.kind, network.n_goals)
    if isinstance(source, Goal) or (isinstance(source, Sequence) and all(isinstance(goal, Goal) for goal in source)):
        return goals_of_layers(source, network.kind, network.n_goals)
    return parse_goals(source, network.kind, network.n_goals)


def split(data: Dataset, training: TrainingConfig) -> Split:
    """A data set's training set, without and with what this training withholds for validation.

    Raises:
        DataFileError: If that leaves a part empty.
    """
    try:
        return data.split(training.validation_fraction, training.data_seed)
    except ValueError as error:
        raise DataFileError(f"{data.name}: {error}") from error


def _begun(
    goal: object,
    data: Dataset,
    network: NetworkConfig,
    training: TrainingConfig,
    seeds: Sequence[int] | None,
    device: torch.device | str,
) -> Training:
    usual = DEFAULT_GOALS[network.kind] if network.n_goals else ()
    goals = goals_from(usual if goal is None else goal, network)
    chosen = [0] if seeds is None else seeds
    return Training(network, training, split(data, training), [goals] * len(chosen), chosen, device)


def _epochs(run: Training, recorder: Recorder | None, target: Path | None, every: int) -> Iterator[EpochResult]:
    """The epochs of a training, each recorded, and with a checkpoint where one is due."""
    for result in run.epochs():
        if recorder is not None:
            recorder.observe(result)
        if target is not None and (result.epoch % every == 0 or result.epoch == run.config.epochs):
            save(run, target)
        yield result


def _seeds(seeds: Iterable[SupportsIndex]) -> list[int]:
    """Seeds that checkpoints and studies take too.

    Raises:
        ValueError: If one is none, or there is none.
    """
    numbers = []
    for seed in seeds:
        number = operator.index(seed)
        if isinstance(seed, bool) or not 0 <= number < 2**31:
            raise ValueError(f"seeds: expected whole numbers from 0 to {2**31 - 1}; got {seed!r}")
        numbers.append(number)
    if not numbers:
        raise ValueError("seeds: expected one for each network; got none")
    return numbers
