"""Training a population, one epoch at a time."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from model.backpropagation import population_kind
from model.config import NetworkConfig, TrainingConfig
from model.data import Split
from model.errors import DivergedError
from model.evaluation import BATCH, inverted, read, responses, share_correct
from model.goal import Goal, Goals
from model.observation import Observation
from model.randomness import batch_order
from model.restoring import fill


@dataclass(frozen=True)
class EpochResult:
    """Where each member stands after an epoch.

    Attributes:
        epoch: Epochs trained, 1 after the first.
        members: Those still in training, by their positions when it began; what follows is in their order.
        training_accuracy: Share of some images of the training part labelled correctly, without being shown the label,
            one a member; always the same images. NaN for one that diverged.
        validation_accuracy: The same of the validation part.
        diverged: Whether a weight of the member is no longer finite, one a member.
        noise_free_accuracy: As `validation_accuracy`, of expected outputs in place of sampled ones; None unless the
            training's configuration asks for it.
    """

    epoch: int
    members: tuple[int, ...]
    training_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    diverged: tuple[bool, ...]
    noise_free_accuracy: tuple[float, ...] | None = None


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
        network, config, data, goals, seeds, dtype: What it was made of.
        epoch: Epochs trained.
        members: Those still in training, by their positions among the goals.
        inverted: Which output neurons are silent for their label, as some images of the training part show after every
            epoch; they are read as 1 − θ.
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
        self.network, self.config, self.data, self.dtype = network, training, data, dtype
        self.goals, self.seeds = tuple(goals), tuple(seeds)
        self.epoch = 0
        self.members = tuple(range(len(goals)))
        self._template = torch.empty(0, dtype=dtype, device=device)
        self._train = self._on_device(data.train_images, data.train_labels)
        self._validation = self._on_device(data.validation_images, data.validation_labels)
        self._some = batch_order(training.data_seed, 0, len(data.train_images)).to(self._template.device)
        n_inputs = data.train_images.shape[1]
        self.population = population_kind(network)(
            network, training, goals, seeds, n_inputs, data.n_classes, self._template
        )
        self.inverted = torch.zeros(len(goals), data.n_classes, dtype=torch.bool, device=device)
        self._predicted: Int64[Tensor, "member sample"] | None = None  # of the validation part; None if not known

    def epochs(self) -> Iterator[EpochResult]:
        """Train from where it is, yielding after each epoch; the caller decides whether to go on.

        Raises:
            DivergedError: If no member's weights are finite any more.
        """
        images, labels = self._train
        for epoch in range(self.epoch + 1, self.config.epochs + 1):
            order = batch_order(self.config.data_seed, epoch, len(images)).to(images.device)
            for batch in torch.split(order, self.config.batch_size):
                self.population.learn(images.index_select(0, batch), labels[batch])
            self.epoch = epoch
            result = self.result()
            if all(result.diverged):
                raise DivergedError(f"a weight is no longer finite after epoch {epoch}")
            yield result

    def result(self) -> EpochResult:
        """Where each member stands after the epochs so far."""
        images, labels = (part[self._some[:BATCH]] for part in self._train)
        theta = responses(self.population, images, self.epoch)
        self.inverted = inverted(self.population, theta, labels)
        training = self._shares(theta, labels)
        images, labels = self._validation
        theta = responses(self.population, images, self.epoch)
        self._predicted = read(theta, self.inverted)
        shares = self._shares(theta, labels)
        diverged = tuple(math.isnan(share) for share in shares)
        if not self.config.noise_free_evaluation:
            return EpochResult(self.epoch, self.members, training, shares, diverged)
        noise_free = self._shares(responses(self.population, images, self.epoch, sampled=False), labels)
        return EpochResult(self.epoch, self.members, training, shares, diverged, noise_free)

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
            staying = [place for place, member in enumerate(self.members) if member not in leaving]
            self.population.keep(staying)
            self.inverted = self.inverted[staying]
            self._predicted = None if self._predicted is None else self._predicted[staying]
            self.members = tuple(member for member in self.members if member not in leaving)

    def accuracy(
        self,
        images: Float32[np.ndarray, "sample pixel"],
        labels: Int64[np.ndarray, " sample"],
        *,
        sampled: bool = True,
    ) -> tuple[float, ...]:
        """Share of other images that each member in training labels correctly after the epochs so far.

        Args:
            images: Standardised images.
            labels: Their classes.
            sampled: Whether outputs are sampled, as while learning, or replaced by their expected values.
        """
        on_device, classes = self._on_device(images, labels)
        return self._shares(responses(self.population, on_device, self.epoch, sampled=sampled), classes)

    def state(self) -> dict[str, Tensor]:
        """All that has changed since the training began, by name: the tensors themselves.

        Raises:
            ValueError: If it is in the middle of an epoch.
        """
        state = self.population.state()
        if (step := int(state["step"])) != (expected := self._steps(self.epoch)):
            raise ValueError(f"{step} batches are no whole epochs; expected {expected} after epoch {self.epoch}")
        return {**state, "inverted": self.inverted}

    def restore(self, epoch: int, members: Sequence[int], state: Mapping[str, Tensor]) -> None:
        """Go on as another training with the same arguments would.

        Args:
            epoch: Epochs that it had trained.
            members: Who was still in its training, in ascending order.
            state: From its `state`.

        Raises:
            ValueError: If the state is that of other networks, or of a training on more or fewer samples.
        """
        self.release(set(self.members) - set(members))
        fill({**self.population.state(), "inverted": self.inverted}, state)
        if (step := int(state["step"])) != self._steps(epoch):
            raise ValueError(f"{step} batches in {epoch} epochs; of this data set they would be {self._steps(epoch)}")
        self.epoch, self._predicted = epoch, None

    def _steps(self, epoch: int) -> int:
        """Batches learned in so many epochs."""
        return epoch * math.ceil(len(self._train[1]) / self.config.batch_size)

    def _shares(
        self, theta: Float[Tensor, "member label sample"], labels: Int64[Tensor, " sample"]
    ) -> tuple[float, ...]:
        """Share of the labels that each member finds, NaN for one that diverged."""
        shares = share_correct(read(theta, self.inverted), labels)
        return tuple(shares.masked_fill(~self.population.finite(), math.nan).tolist())

    def confusion(self) -> Int64[Tensor, "member label predicted"]:
        """How many images of the validation part with a label are given which, after the epochs so far."""
        (images, labels), n = self._validation, self.data.n_classes
        if self._predicted is None:
            self._predicted = read(responses(self.population, images, self.epoch), self.inverted)
        pairs = labels * n + self._predicted
        members = torch.arange(len(pairs), device=pairs.device)[:, None] * n * n
        return torch.bincount((members + pairs).flatten(), minlength=len(pairs) * n * n).view(-1, n, n)

    def observe(self) -> dict[str, Observation]:
        """What each layer does with a batch of the training part, always the same, as it is shown when learning."""
        some = self._some[: self.config.batch_size]
        images, labels = self._train
        return self.population.observe(images[some], labels[some], self.epoch)

    def _on_device(
        self, images: Float32[np.ndarray, "sample pixel"], labels: Int64[np.ndarray, " sample"]
    ) -> tuple[Float[Tensor, "sample pixel"], Int64[Tensor, " sample"]]:
        return torch.from_numpy(images).to(self._template), torch.from_numpy(labels).to(self._template.device)
