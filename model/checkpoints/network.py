"""A trained network, to be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from model import evaluation
from model.backpropagation import population_kind
from model.checkpoints.snapshot import DTYPES, Snapshot, read
from model.data.checks import check_images
from model.data.pixels import standardise
from model.device import check_device
from model.errors import CheckpointError, DivergedError, UnfitDataError
from model.restoring import fill

Raw = Shaped[np.ndarray, "..."] | Shaped[Tensor, "..."]
"""An array, or a tensor on any device, of a type that NumPy has: bfloat16 is none."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How a network labels a set of images.

    Attributes:
        accuracy: Share of the images that it labels correctly.
        confusion: How many images of each class it gives each label.
    """

    accuracy: float
    confusion: Int64[np.ndarray, "label found"]


class Network:
    """One trained network.

    Args:
        snapshot: Where its training stood.
        member: Which network of the training's population, by its position when the training began.
        device: Where to compute.

    Attributes:
        description: Of its whole population.
        goals: The goal of each hidden layer.
        seed: What its first weights and its sampled outputs are keyed by.

    Raises:
        ValueError: If there is no such member, or the snapshot is not one of such networks.
    """

    def __init__(self, snapshot: Snapshot, member: int, device: torch.device | str = "cpu") -> None:
        description = self.description = snapshot.description
        if member not in description.members:
            raise ValueError(f"there is no member {member}; expected one of {_listed(description.members)}")
        place = description.members.index(member)
        self.goals, self.seed = description.goals_by_member[member], description.seeds[member]
        self._template = torch.empty(0, dtype=DTYPES[description.dtype], device=device)
        n_inputs, n_classes = description.data.n_inputs, description.data.n_classes
        self._population = population_kind(description.network)(
            description.network, description.training, [self.goals], [self.seed], n_inputs, n_classes, self._template
        )
        self._silent = torch.zeros(1, n_classes, dtype=torch.bool, device=device)
        own = {**self._population.tensors(), **self._population.stack.connections(), "inverted": self._silent}
        whole = {name: tensor for name, tensor in snapshot.tensors.items() if name in own}
        for name, tensor in whole.items():
            if list(tensor.shape[:1]) != [len(description.members)]:
                raise ValueError(
                    f"{name} has the shape {list(tensor.shape)}; expected {len(description.members)} members"
                )
        fill(own, {name: tensor[[place]] for name, tensor in whole.items()})

    def predict(
        self, images: Raw, *, sampled: bool = False, standardised: bool = False
    ) -> Int64[np.ndarray, " sample"]:
        """The label of each image.

        Args:
            images: One or more, in the unit of the pixels that it was trained on, (sample, ...).
            sampled: Whether outputs are sampled, as while learning and in the accuracies of training, the same each
                time; else they are replaced by their expected values, and there is no noise.
            standardised: Whether the images are standardised already, as those were that it was trained on.

        Raises:
            DataFileError: If the pixels are no finite numbers.
            UnfitDataError: If the images are of another size.
            DivergedError: If a weight is not finite.
        """
        raw = _array(images)
        check_images("images", raw)
        flat, data = raw.reshape(len(raw), -1), self.description.data
        if flat.shape[1] != data.n_inputs:
            raise UnfitDataError(
                f"the network has {data.n_inputs} inputs and {data.n_classes} classes; "
                f"these images have {flat.shape[1]} pixels each"
            )
        if not self._population.finite().all():
            raise DivergedError("a weight of the network is not finite: it has diverged in training")
        mean, deviation = (0.0, 1.0) if standardised else (data.mean, data.deviation)
        seen = torch.from_numpy(standardise("images", flat, mean, deviation)).to(self._template)
        theta = evaluation.responses(self._population, seen, self.description.epochs, sampled=sampled)
        found: Int64[np.ndarray, " sample"] = evaluation.read(theta, self._silent)[0].cpu().numpy()
        return found

    def evaluate(self, images: Raw, labels: Raw, *, sampled: bool = False, standardised: bool = False) -> Evaluation:
        """How well it labels images whose classes are known.

        Args:
            images: As for `predict`, as all that follows.
            labels: Their classes, whole numbers from 0.
            sampled: Whether outputs are sampled.
            standardised: Whether the images are standardised already.

        Raises:
            DataFileError: If the pixels are no finite numbers.
            UnfitDataError: If the images are of another size, or there is not one known class for each.
            DivergedError: If a weight is not finite.
        """
        found = self.predict(images, sampled=sampled, standardised=standardised)
        n_classes, classes = self.description.data.n_classes, _array(labels)
        if classes.dtype.kind not in "iu" or classes.shape != found.shape:
            raise UnfitDataError(
                f"labels: expected {len(found)} whole numbers, one for each image; "
                f"got {classes.dtype} of shape {classes.shape}"
            )
        if outside := sorted(set(classes[(classes < 0) | (classes >= n_classes)].tolist())):
            raise UnfitDataError(f"labels: expected classes from 0 to {n_classes - 1}; got {_listed(outside)}")
        confusion = np.zeros((n_classes, n_classes), dtype=np.int64)
        np.add.at(confusion, (classes, found), 1)
        return Evaluation(float(np.mean(found == classes)), confusion)

    def tensors(self) -> dict[str, Tensor]:
        """Copies of all weights, biases and limited connections, by name, as in `hidden.0.feedforward.weight`."""
        own = {**self._population.tensors(), **self._population.stack.connections()}
        return {name: tensor[0].detach().clone() for name, tensor in own.items()}

    def arrays(self) -> dict[str, Float[np.ndarray, "..."] | Int64[np.ndarray, "..."]]:
        """The same as arrays."""
        return {name: tensor.cpu().numpy() for name, tensor in self.tensors().items()}


def load(directory: Path | str, member: int | None = None, device: torch.device | str = "cpu") -> Network:
    """A network from a checkpoint.

    Args:
        directory: The checkpoint.
        member: Which network of its population; needed where there are several.
        device: Where to compute.

    Raises:
        CheckpointError: If there is no checkpoint, it is damaged, or has no such member.
        DeviceError: If nothing can be computed on the device.
    """
    check_device(device)
    snapshot = read(Path(directory))
    members = snapshot.description.members
    if member is None and len(members) > 1:
        raise CheckpointError(f"{directory}: has several networks; name a member: one of {_listed(members)}")
    if member is not None and member not in members:
        raise CheckpointError(f"{directory}: there is no member {member}; expected one of {_listed(members)}")
    try:
        return Network(snapshot, members[0] if member is None else member, device)
    except ValueError as error:
        raise CheckpointError(f"{snapshot.source}: {error}") from error


def _array(values: Raw) -> Shaped[np.ndarray, "..."]:
    return values.numpy(force=True) if isinstance(values, Tensor) else np.asarray(values)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
