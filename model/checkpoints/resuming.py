"""Going on with a training from a checkpoint."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from model.checkpoints.document import Description
from model.checkpoints.snapshot import DTYPES, read
from model.config import NetworkConfig, TrainingConfig
from model.data import Dataset
from model.errors import CheckpointError
from model.goal import Goal, Goals, goals_of_layers
from model.training import Training


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
        training: The same, but that it may ask for more epochs.
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
    _refuse_changes(directory, _as_made(before), _as_asked(before, data, network, training, goals, seeds))
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


def _as_made(before: Description) -> dict[str, object]:
    """What must stay as it was, by the names of fields."""
    return {
        "dataset": before.data.name,
        "mean of the pixels": before.data.mean,
        "deviation of the pixels": before.data.deviation,
        **before.network.model_dump(),
        **before.training.model_dump(exclude={"epochs"}),
        "seeds": before.seeds,
        **_weights(before.goals_by_member),
    }


def _as_asked(
    before: Description,
    data: Dataset,
    network: NetworkConfig | None,
    training: TrainingConfig | None,
    goals: Sequence[Goal | Goals] | None,
    seeds: Sequence[int] | None,
) -> dict[str, object]:
    """The same as far as it is asked for."""
    asked: dict[str, object] = {
        "dataset": data.name,
        "mean of the pixels": data.mean,
        "deviation of the pixels": data.deviation,
    }
    if network is not None:
        asked |= network.model_dump()
    if training is not None:
        asked |= training.model_dump(exclude={"epochs"})
    if seeds is not None:
        asked["seeds"] = tuple(seeds)
    if goals is not None:
        kind, n_goals = before.network.kind, before.network.n_goals
        asked |= _weights([goals_of_layers(goal, kind, n_goals) for goal in goals])
    return asked


def _weights(goals: Sequence[Goals]) -> dict[str, float]:
    """The weights of all members' goals, by names that say which."""
    return {
        f"goals.{member}.{layer}.{term}": weight
        for member, own in enumerate(goals)
        for layer, goal in enumerate(own)
        for term, weight in goal.as_dict().items()
    }


def _refuse_changes(directory: Path, before: Mapping[str, object], asked: Mapping[str, object]) -> None:
    for field, value in asked.items():
        if value != (was := before.get(field)):
            raise CheckpointError(
                f"{directory}: was trained with {field} {json.dumps(was)}, not {json.dumps(value)}; resumed, it may be "
                "trained for more epochs, and all else stays as it was"
            )
