"""Going on with a training from a checkpoint."""

import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import torch

from model.checkpoints.document import DataDescription
from model.checkpoints.snapshot import DTYPES, read
from model.config import NetworkConfig, TrainingConfig
from model.data import Dataset
from model.errors import CheckpointError
from model.goal import Goal, Goals, goals_of_layers
from model.training import Training

CHANGEABLE = {"epochs", "noise_free_evaluation"}
"""Fields of a training that have no part in what an epoch makes of the weights."""


def resume(
    directory: Path,
    data: Dataset,
    *,
    network: NetworkConfig | None = None,
    training: TrainingConfig | None = None,
    goals: Sequence[Goal | Goals] | None = None,
    seeds: Sequence[int] | None = None,
    device: torch.device | str = "cpu",
) -> Training:
    """A training that goes on as if it had never been interrupted: bit by bit, with as many threads.

    Args:
        directory: The checkpoint.
        data: The data set that it was trained on.
        network: The checkpoint's by default, as all that follows; what is given has to be the same.
        training: The same, but that it may ask for more epochs, or for accuracies without noise beside the others.
        goals: Each member's goal.
        seeds: Each member's seed.
        device: Where to compute.

    Raises:
        CheckpointError: If there is no checkpoint, it is damaged, or something else is asked for than it was made with.
        UnfitDataError: If the images or classes are others.
    """
    snapshot = read(directory)
    before = snapshot.description
    before.data.check_fits(data)
    made = _fields(before.data.name, before.network, before.training, before.goals_by_member, before.seeds)
    _check_same(directory, made, _fields(data.name, network, training, None, seeds))
    if goals is not None:
        if len(goals) != len(before.goals):
            raise CheckpointError(
                f"{directory}: was trained with {len(before.goals)} networks; expected a goal for each, "
                f"not {len(goals)}"
            )
        kind, n_goals = before.network.kind, before.network.n_goals
        own_goals = [goals_of_layers(goal, kind, n_goals) for goal in goals]
        _check_same(directory, made, _fields(data.name, None, None, own_goals, None))
    _check_pixels(directory, before.data, data)
    config = training or before.training
    if config.epochs < before.epochs:
        raise CheckpointError(
            f"{directory}: was trained for {before.epochs} epochs already; expected at least so many, not "
            f"{config.epochs}"
        )
    split = data.split(config.validation_fraction, config.data_seed)
    dtype = DTYPES[before.dtype]
    resumed = Training(before.network, config, split, before.goals_by_member, before.seeds, device, dtype)
    try:
        resumed.restore(before.epochs, before.members, snapshot.tensors)
    except ValueError as error:
        raise CheckpointError(f"{snapshot.source}: {error}") from error
    return resumed


def _check_same(directory: Path, made: Mapping[str, object], asked: Mapping[str, object]) -> None:
    """Refuse what is asked for otherwise than it was made with."""
    for field, value in asked.items():
        if value != (was := made.get(field)):
            raise CheckpointError(
                f"{directory}: was trained with {field} {json.dumps(was)}, not {json.dumps(value)}; resumed, it may be "
                "trained for more epochs, but not otherwise"
            )


def _check_pixels(directory: Path, before: DataDescription, data: Dataset) -> None:
    """Refuse other images or labels, and such that were standardised otherwise by more than another machine rounds."""
    close = partial(math.isclose, rel_tol=0, abs_tol=1e-9 * before.deviation)
    if not (close(before.mean, data.mean) and close(before.deviation, data.deviation)):
        raise CheckpointError(
            f"{directory}: was trained on pixels of mean {before.mean} and deviation {before.deviation}; those of "
            f"{data.name} have the mean {data.mean} and the deviation {data.deviation}"
        )
    if before.digest != data.digest:
        raise CheckpointError(
            f"{directory}: was trained on other images or labels than {data.name} has now, or on these as numbers of "
            "another type"
        )


def _fields(
    dataset: str,
    network: NetworkConfig | None,
    training: TrainingConfig | None,
    goals: Sequence[Goals] | None,
    seeds: Sequence[int] | None,
) -> dict[str, object]:
    """What has to stay as it was, by the names of fields, as far as it is given."""
    fields: dict[str, object] = {"dataset": dataset}
    if network is not None:
        fields |= network.model_dump()
    if training is not None:
        fields |= training.model_dump(exclude=CHANGEABLE)
    if seeds is not None:
        fields["seeds"] = list(seeds)
    for member, own in enumerate(goals or ()):
        for layer, goal in enumerate(own):
            fields |= {f"goals.{member}.{layer}.{term}": weight for term, weight in goal.as_dict().items()}
    return fields
