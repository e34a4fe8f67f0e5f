"""What networks did while they learned, epoch by epoch: curves, information, fields, and what they confuse."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from model.training import EpochResult, Training

Row = dict[str, float]
"""The numbers of an epoch by name."""


@dataclass(frozen=True)
class Record:
    """Of one network.

    Attributes:
        rows: For each epoch: `epoch`, `training_accuracy`, `validation_accuracy`, and `noise_free_validation_accuracy`
            if the training is so configured; then, for each layer that learns, by
            names that begin with the layer's, its fields' `self-cosine distance` to those an epoch before and
            `pairwise cosine distance` of each other, and the terms in bits. All are means over the layer's neurons.
        confusion: How many validation images of a label were given which, after the last epoch.
        neurons: For each layer the terms of each neuron in bits; empty unless asked for.
    """

    rows: Sequence[Row]
    confusion: Int64[np.ndarray, "label predicted"]
    neurons: dict[str, Float32[np.ndarray, "epoch neuron term"]]


class Recorder:
    """Follows a training.

    Information is estimated from a batch of the training part, the same after every epoch, as the networks are shown it
    when they learn.

    Args:
        training: Before its first epoch.
        each_neuron: Whether to keep the terms of each neuron too.
    """

    def __init__(self, training: Training, *, each_neuron: bool = False) -> None:
        self._training = training
        self._each_neuron = each_neuron
        self._rows: dict[int, list[Row]] = {member: [] for member in training.members}
        self._confusion: dict[int, Int64[np.ndarray, "label predicted"]] = {}
        self._neurons: dict[int, dict[str, list[Float32[np.ndarray, "neuron term"]]]] = {
            member: defaultdict(list) for member in training.members
        }
        self._before = training.members, self._fields()

    def __contains__(self, member: int) -> bool:
        """Whether there is a record of a member."""
        return member in self._confusion

    def __getitem__(self, member: int) -> Record:
        """The record of a member after the epochs that it has trained, at least one; by its position at the start."""
        neurons = {layer: np.stack(epochs) for layer, epochs in self._neurons[member].items()}
        return Record(self._rows[member], self._confusion[member], neurons)

    @torch.no_grad()
    def observe(self, result: EpochResult) -> None:
        """Look at the networks after an epoch, before any of them is let go; of those gone before nothing is kept."""
        training, members = self._training, result.members
        columns: dict[str, Sequence[float]] = {
            "epoch": [result.epoch] * len(members),
            "training_accuracy": result.training_accuracy,
            "validation_accuracy": result.validation_accuracy,
            **(
                {} if (accuracy := result.noise_free_accuracy) is None else {"noise_free_validation_accuracy": accuracy}
            ),
            **self._distances(members),
        }
        neurons: dict[str, list[Float32[np.ndarray, "neuron term"]]] = {}
        for layer, observation in training.observe().items():
            terms = observation.terms()
            for position, name in enumerate(observation.names):
                columns[f"{layer} {name}"] = terms[..., position].mean(dim=1).tolist()
            if self._each_neuron:
                neurons[layer] = [own.copy() for own in terms.to("cpu", torch.float32).numpy()]
        confusion = training.confusion().cpu().numpy()
        # All is known: whoever is interrupted before has the epochs before, of all members and in all parts.
        self._confusion = dict(zip(members, confusion, strict=True))
        self._rows = {member: self._rows[member] for member in members}
        self._neurons = {member: self._neurons[member] for member in members}
        for place, (member, values) in enumerate(zip(members, zip(*columns.values(), strict=True), strict=True)):
            self._rows[member].append(dict(zip(columns, values, strict=True)))
            for layer, of_all in neurons.items():
                self._neurons[member][layer].append(of_all[place])

    def _fields(self) -> dict[str, Float[Tensor, "member neuron input"]]:
        """The feedforward weights of each layer, as unit vectors."""
        return {
            layer: torch.nn.functional.normalize(weight, dim=-1)
            for layer, weight in self._training.population.fields().items()
        }

    def _distances(self, members: tuple[int, ...]) -> dict[str, Sequence[float]]:
        """How far each layer's fields are from those an epoch before, and from each other."""
        (then, before), now = self._before, self._fields()
        still_there = [then.index(member) for member in members]
        self._before = members, now
        found: dict[str, Sequence[float]] = {}
        for layer, fields in now.items():
            turned = 1 - (fields * before[layer][still_there]).sum(dim=-1)
            n_neurons = fields.shape[1]
            # The sum over all pairs of cosines is the square of the sum of the unit vectors, each with itself included.
            of_pairs = (fields.sum(dim=1).square().sum(dim=-1) - n_neurons) / (n_neurons * (n_neurons - 1) or torch.nan)
            found[f"{layer} self-cosine distance"] = turned.mean(dim=1).tolist()
            found[f"{layer} pairwise cosine distance"] = (1 - of_pairs).tolist()
        return found
