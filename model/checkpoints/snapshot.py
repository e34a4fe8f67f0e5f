"""A training as it stands, in memory: what a checkpoint holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from model.checkpoints import directory as files
from model.checkpoints.document import DataDescription, Description, Dtype
from model.errors import CheckpointError
from model.goal import goals_of_layers
from model.training import Training

DTYPES: Mapping[Dtype, torch.dtype] = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Snapshot:
    """Where a training stands.

    Attributes:
        description: All but the tensors.
        tensors: By name, as `Training.state` has them.
        source: What they come from, to name in an error.
    """

    description: Description
    tensors: Mapping[str, Tensor]
    source: str

    @classmethod
    def of(cls, training: Training) -> "Snapshot":
        """A training's, whose tensors go on changing with it.

        Raises:
            ValueError: If the training is in the middle of an epoch.
        """
        network, data, state = training.network, training.data, training.state()
        by_member = [goals_of_layers(goal, network.kind, network.n_goals) for goal in training.goals]
        description = Description(
            software=version("infomorphic-search"),
            network=network,
            training=training.config,
            goals=tuple(tuple(goal.as_dict() for goal in goals) for goals in by_member),
            seeds=training.seeds,
            members=training.members,
            epochs=training.epoch,
            data=DataDescription(
                name=data.name,
                n_inputs=data.train_images.shape[1],
                n_classes=data.n_classes,
                mean=data.mean,
                deviation=data.deviation,
                digest=data.digest,
            ),
            dtype=next(name for name, dtype in DTYPES.items() if dtype == training.dtype),
        )
        return cls(description, state, "this training")


def save(training: Training, directory: Path) -> None:
    """Write a checkpoint; one that is there is replaced, in such a way that one or the other is there at any moment.

    Args:
        training: Between two epochs.
        directory: Where; made if need be.

    Raises:
        CheckpointError: If the directory cannot be written to.
        ValueError: If the training is in the middle of an epoch.
    """
    snapshot = Snapshot.of(training)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in snapshot.tensors.items()}
    files.write(directory, snapshot.description, safetensors.torch.save(tensors))


def read(directory: Path) -> Snapshot:
    """Read a checkpoint.

    Raises:
        CheckpointError: If there is none, or part of it is missing or damaged.
    """
    document, content = files.read(directory)
    path = directory / document.tensors.name
    try:
        tensors = safetensors.torch.load(content)
    except Exception as error:  # as safetensors finds it: the file is as it was written, but not by us
        raise CheckpointError(f"{path}: holds no tensors in the safetensors format: {error}") from error
    return Snapshot(document, tensors, str(path))
