"""A population: K networks with goals and seeds of their own, trained in lock-step as one set of tensors."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.optim import Adam

from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal, Goals, goals_of_layers
from model.layers import Deed, FixedLayer, HiddenLayer, OutputLayer, Place, Stack, TaughtLayer, places
from model.linear import Inputs
from model.memory import keep_freed_memory
from model.observation import Observation
from model.optimiser import adam, carry_over, memory
from model.randomness import Draw, Purpose, evaluation_step, member_keys


class Population:
    """K networks that differ in goals and seeds alone. A single network is a population of one.

    A member's weights and results do not depend, beyond float rounding, on the other members.

    Args:
        network: What the networks are.
        training: How they are trained.
        goals: Each member's goal, for all hidden layers, or one for each.
        seeds: Each member's seed, for its first weights and its sampled outputs.
        n_inputs: Pixels of an image.
        n_labels: Classes.
        template: A tensor of the dtype and on the device to compute in.

    Attributes:
        size: How many members there are.
        stack: The networks' layers.
        reads_inverted: Whether output neurons may have learned to be silent for their label, which information allows.

    Raises:
        ValueError: If there is no member, not one seed a goal, or a goal does not fit its layer.
    """

    reads_inverted = True

    def __init__(
        self,
        network: NetworkConfig,
        training: TrainingConfig,
        goals: Sequence[Goal | Goals],
        seeds: Sequence[int],
        n_inputs: int,
        n_labels: int,
        template: Tensor,
    ) -> None:
        if not goals or len(goals) != len(seeds):
            raise ValueError(f"a population has a goal and a seed for each member; got {len(goals)} and {len(seeds)}")
        keep_freed_memory()
        self.size = len(goals)
        self._keys = member_keys(seeds).to(template.device)
        self._step = torch.zeros((), dtype=torch.int64, device=template.device)
        self._classes = torch.arange(n_labels, device=template.device)
        self._dtype = template.dtype
        *hidden, output = places(network, seeds, n_inputs, n_labels, template)
        is_fixed = network.learning == "fixed"
        self.stack = Stack(
            network,
            [FixedLayer(place) for place in hidden] if is_fixed else [],
            [] if is_fixed else self._hidden_layers(network, hidden, goals),
            OutputLayer(output, _gamma([network.output_goal], template)[0]),
        )
        self._training = training
        self._optimiser = self._adam()

    def _hidden_layers(
        self, network: NetworkConfig, where: Sequence[Place], goals: Sequence[Goal | Goals]
    ) -> Sequence[HiddenLayer | TaughtLayer]:
        by_member = [goals_of_layers(goal, network.kind, network.n_goals) for goal in goals]
        by_layer = zip(*by_member, strict=True)
        return [
            HiddenLayer(place, network, _gamma([goal.gamma for goal in own], place.template))
            for place, own in zip(where, by_layer, strict=True)
        ]

    def learn(self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"]) -> None:
        """One step of every member on the same batch.

        The batch is presented twice, unless nothing of the first presentation is heard at the second; only this one,
        with the lateral input and the feedback that the first one caused, is learned from.
        """
        draws = self._draws(self._step, Purpose.FIRST_PRESENTATION, Purpose.SECOND_PRESENTATION)
        self._set_gradients(images, labels, draws)
        self._optimiser.step()
        self._step += 1

    @torch.no_grad()
    def _set_gradients(
        self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"], draws: tuple[Draw, Draw]
    ) -> None:
        self.stack.output.learn(self.stack.present(images, self._one_hot(labels), draws, "fire", "learn"), labels)

    @torch.no_grad()
    def respond(
        self, images: Float[Tensor, "sample input"], when: tuple[int, int], *, sampled: bool = True
    ) -> Float[Tensor, "member label sample"]:
        """Output neurons' firing probabilities without the label: its part of the context comes from zeros.

        Args:
            images: Standardised images.
            when: Epoch and batch of the evaluation; they key the sampled outputs, and give the same answer each time.
            sampled: Whether outputs are sampled, as while learning; else they are replaced by their expected values,
                and there is no noise.
        """
        return self.stack.output.theta(self._evaluate(images, when, sampled=sampled))

    def _evaluate(self, images: Float[Tensor, "sample input"], when: tuple[int, int], *, sampled: bool) -> Inputs:
        """What the output layer is given without the label."""
        step = torch.full_like(self._step, evaluation_step(*when))
        draws = self._draws(step, Purpose.FIRST_PRESENTATION_EVALUATED, Purpose.SECOND_PRESENTATION_EVALUATED)
        deed: Deed = "fire" if sampled else "expect"
        return self.stack.present(images, None, draws, deed, deed)

    @torch.no_grad()
    def observe(
        self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"], epoch: int
    ) -> dict[str, Observation]:
        """What the neurons do with a batch while they are shown the labels, as when they learn; nothing is learned.

        Args:
            images: Standardised images.
            labels: Their classes.
            epoch: Keys the sampled outputs.

        Returns:
            By layer: `hidden 1`, …, `output`; but a fixed layer has one source alone.
        """
        step = torch.full_like(self._step, evaluation_step(epoch, 0))
        draws = self._draws(step, Purpose.FIRST_PRESENTATION_OBSERVED, Purpose.SECOND_PRESENTATION_OBSERVED)
        return self.stack.observe(images, self._one_hot(labels), labels, draws)

    @torch.no_grad()
    def keep(self, positions: Sequence[int]) -> None:
        """Let all members but these go, so that a step costs what those who stay cost; they go on as they would have.

        Args:
            positions: Of those who stay, in ascending order; at least one.
        """
        members = torch.tensor(positions, device=self._step.device)
        optimiser, parameters = self._optimiser, self._parameters()
        self.stack.keep(members, self.size)
        self._keys = self._keys[members]
        self.size = len(positions)
        self._optimiser = self._adam()
        carry_over(optimiser, parameters, self._optimiser, self._parameters(), members)

    @torch.no_grad()
    def finite(self) -> Bool[Tensor, " member"]:
        """Which members' weights are all finite."""
        return torch.stack([p.isfinite().flatten(1).all(dim=1) for p in self._parameters()]).all(dim=0)

    def tensors(self) -> dict[str, Tensor]:
        """All weights and biases, (member, ...), by layer, origin and name, as in `hidden.0.feedforward.weight`."""
        return self.stack.tensors()

    def fields(self) -> dict[str, Float[Tensor, "member _ _"]]:
        """The feedforward weights of the layers that learn, (member, neuron, input): `hidden 1`, …, `output`."""
        named = self.tensors()
        hidden = {
            f"hidden {number + 1}": named[f"hidden.{number}.feedforward.weight"]
            for number in range(len(self.stack.hidden))
        }
        return {**hidden, "output": named["output.feedforward.weight"]}

    def state(self) -> dict[str, Tensor]:
        """All that learning has changed and chance has drawn, by name: the tensors themselves."""
        adams = memory(self._optimiser, self._learned())
        return {**self.tensors(), **self.stack.connections(), **adams, "step": self._step}

    def _learned(self) -> dict[str, Tensor]:
        """Those of `tensors` that are learned."""
        return {name: tensor for name, tensor in self.tensors().items() if not name.startswith("fixed.")}

    def _parameters(self) -> list[Tensor]:
        """What is learned, in the order of `tensors`."""
        return list(self._learned().values())

    def _one_hot(self, labels: Int64[Tensor, " sample"]) -> Float[Tensor, "sample label"]:
        return (labels[:, None] == self._classes).to(self._dtype)

    def _draws(self, step: Int64[Tensor, ""], *purposes: Purpose) -> tuple[Draw, Draw]:
        first, second = (Draw(self._keys, purpose, step) for purpose in purposes)
        return first, second

    def _adam(self) -> Adam:
        named, rates = self.tensors(), self._training
        hidden = [tensor for name, tensor in named.items() if name.startswith("hidden.")]
        output = [tensor for name, tensor in named.items() if name.startswith("output.")]
        groups = [(output, rates.output_learning_rate, rates.output_weight_decay)]
        if hidden:
            groups.insert(0, (hidden, rates.hidden_learning_rate, rates.hidden_weight_decay))
        return adam(groups)


def _gamma(rows: Sequence[Sequence[float]], template: Tensor) -> Float[Tensor, "member term"]:
    return torch.tensor(rows, dtype=torch.float64).to(template)
