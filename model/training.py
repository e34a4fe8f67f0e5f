"""Training a population, one epoch at a time."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from model.backpropagation import BackpropagatedPopulation
from model.config import NetworkConfig, TrainingConfig
from model.data import Split
from model.errors import DivergedError
from model.evaluation import BATCH, accuracy, predictions
from model.goal import Goal, Goals
from model.observation import Observation
from model.population import Population
from model.randomness import batch_order


@dataclass(frozen=True)
class EpochResult:
    """Where each member stands after an epoch.

    Attributes:
        epoch: Epochs trained, 1 after the first.
        members: Those still in training, by their positions when it began; what follows is in their order.
        validation_accuracy: Share of the validation part labelled correctly, one a member; NaN for one that diverged.
        diverged: Whether a weight of the member is no longer finite, one a member.
    """

    epoch: int
    members: tuple[int, ...]
    validation_accuracy: tuple[float, ...]
    diverged: tuple[bool, ...]


def population_of(
    network: NetworkConfig,
    training: TrainingConfig,
    goals: Sequence[Goal | Goals],
    seeds: Sequence[int],
    n_inputs: int,
    n_labels: int,
    template: Tensor,
) -> Population:
    """A population that learns as its network says; arguments are those of `Population`."""
    kind = BackpropagatedPopulation if network.learning == "backpropagation" else Population
    return kind(network, training, goals, seeds, n_inputs, n_labels, template)


class Training:
    """The training of a population on a data set's training part.

    Two trainings with the same arguments give the same numbers on the same machine and number of threads, on CPUs; GPUs
    add up histograms in any order.

    Args:
        network: The network, the same for all members.
        training: How it is trained.
        data: Training and validation part.
        goals: Each member's goal, for all hidden layers, or one for each.
        seeds: Each member's seed.
        device: Where to compute.
        dtype: Floating type to compute in; float64 is the reference.

    Attributes:
        members: Those still in training, by their positions among the goals.
    """

    def __init__(
        self,
        network: NetworkConfig,
        training: TrainingConfig,
        data: Split,
        goals: Sequence[Goal | Goals],
        seeds: Sequence[int],
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._config = training
        self._template = torch.empty(0, dtype=dtype, device=device)
        self._train = self._on_device(data.train_images, data.train_labels)
        self._validation = self._on_device(data.validation_images, data.validation_labels)
        self._epoch = 0
        self.members = tuple(range(len(goals)))
        self._n_classes = data.n_classes
        self._some = batch_order(training.data_seed, 0, len(data.train_images)).to(self._template.device)
        n_inputs = data.train_images.shape[1]
        self.population = population_of(network, training, goals, seeds, n_inputs, data.n_classes, self._template)

    def epochs(self) -> Iterator[EpochResult]:
        """Train, yielding after each epoch; the caller decides whether to go on. To be called once.

        Raises:
            DivergedError: If no member's weights are finite any more.
        """
        images, labels = self._train
        for epoch in range(1, self._config.epochs + 1):
            self._epoch = epoch
            order = batch_order(self._config.data_seed, epoch, len(images)).to(images.device)
            for batch in torch.split(order, self._config.batch_size):
                self.population.learn(images.index_select(0, batch), labels[batch])
            finite = self.population.finite()
            if not finite.any():
                raise DivergedError(f"a weight is no longer finite after epoch {epoch}")
            self._predicted = predictions(self.population, self._validation[0], epoch)
            right = (self._predicted == self._validation[1]).to(torch.float64).mean(dim=-1)
            validation = right.masked_fill(~finite, math.nan)
            yield EpochResult(epoch, self.members, tuple(validation.tolist()), tuple((~finite).tolist()))

    def release(self, members: Iterable[int]) -> None:
        """Let members go between two epochs: the others go on as if nothing had happened, but faster.

        Args:
            members: By their positions among the goals, whoever has gone before.

        Raises:
            ValueError: If one is not in training, or nobody would be left.
        """
        leaving = set(members)
        if strangers := sorted(leaving - set(self.members)):
            raise ValueError(f"members {strangers} are not in training; members {list(self.members)} are")
        if leaving == set(self.members):
            raise ValueError(f"one of the members {list(self.members)} has to stay in training")
        if leaving:
            self.population.keep([place for place, member in enumerate(self.members) if member not in leaving])
            self.members = tuple(member for member in self.members if member not in leaving)

    def accuracy(
        self, images: Float32[np.ndarray, "sample pixel"], labels: Int64[np.ndarray, " sample"]
    ) -> tuple[float, ...]:
        """Share of other images that each member in training labels correctly after the epochs so far."""
        return tuple(accuracy(self.population, *self._on_device(images, labels), self._epoch).tolist())

    def training_accuracy(self) -> tuple[float, ...]:
        """Share of some images of the training part that each member labels correctly; always the same images."""
        some = self._some[:BATCH]
        images, labels = self._train
        return tuple(accuracy(self.population, images[some], labels[some], self._epoch).tolist())

    def confusion(self) -> Int64[Tensor, "member label predicted"]:
        """How many images of the validation part with a label were given which, after the last epoch."""
        labels, n = self._validation[1], self._n_classes
        pairs = labels * n + self._predicted
        members = torch.arange(len(pairs), device=pairs.device)[:, None] * n * n
        return torch.bincount((members + pairs).flatten(), minlength=len(pairs) * n * n).view(-1, n, n)

    def observe(self) -> dict[str, Observation]:
        """What each layer does with a batch of the training part, always the same, as it is shown when learning."""
        some = self._some[: self._config.batch_size]
        images, labels = self._train
        return self.population.observe(images[some], labels[some], self._epoch)

    def _on_device(
        self, images: Float32[np.ndarray, "sample pixel"], labels: Int64[np.ndarray, " sample"]
    ) -> tuple[Float[Tensor, "sample pixel"], Int64[Tensor, " sample"]]:
        return torch.from_numpy(images).to(self._template), torch.from_numpy(labels).to(self._template.device)
