"""A population: K networks with goals and seeds of their own, trained in lock-step as one set of tensors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.optim import Adam

from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal, Goals, goals_of_layers
from model.laterals import LimitedLaterals
from model.layers import FixedLayer, HiddenLayer, OutputLayer, Place, TaughtLayer, View, places
from model.linear import Inputs
from model.memory import keep_freed_memory
from model.neurons import Answers
from model.observation import Observation
from model.optimiser import adam, carry_over, memory
from model.randomness import Draw, Purpose, evaluation_step, member_keys

Outputs = Float[Tensor, "member _ sample"]
"""Of some hidden layer."""

Deed = Literal["fire", "expect", "learn"]
"""What hidden layers do at a presentation, by the name of their method."""


@dataclass(frozen=True)
class Answer:
    """What a network did at a presentation; None is zeros.

    Attributes:
        hidden: Outputs of each hidden layer.
        output: Outputs of the output layer, if these are fed back.
    """

    hidden: Sequence[Outputs | None]
    output: Answers | None


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
        self._fixed = [FixedLayer(place) for place in hidden] if network.learning == "fixed" else []
        self._hidden: Sequence[HiddenLayer | TaughtLayer] = (
            [] if self._fixed else self._hidden_layers(network, hidden, goals)
        )
        self._output = OutputLayer(output, _gamma([network.output_goal], template)[0])
        self._feeds_back = "output" in network.context and bool(self._hidden)
        self._presented_twice = bool(self._hidden) and (self._feeds_back or network.lateral_connections != 0)
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

    @torch.no_grad()
    def learn(self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"]) -> None:
        """One step of every member on the same batch.

        The batch is presented twice, unless nothing of the first presentation is heard at the second; only this one,
        with the lateral input and the feedback that the first one caused, is learned from.
        """
        one_hot = self._one_hot(labels)
        draws = self._draws(self._step, Purpose.FIRST_PRESENTATION, Purpose.SECOND_PRESENTATION)
        self._output.learn(self._present(images, one_hot, draws, "fire", "learn"), labels)
        self._optimiser.step()
        self._step += 1

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
        return self._output.theta(self._evaluate(images, when, sampled=sampled))

    def _evaluate(self, images: Float[Tensor, "sample input"], when: tuple[int, int], *, sampled: bool) -> Inputs:
        """What the output layer is given without the label."""
        step = torch.full_like(self._step, evaluation_step(*when))
        draws = self._draws(step, Purpose.FIRST_PRESENTATION_EVALUATED, Purpose.SECOND_PRESENTATION_EVALUATED)
        deed: Deed = "fire" if sampled else "expect"
        return self._present(images, None, draws, deed, deed)

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
        one_hot, step = self._one_hot(labels), torch.full_like(self._step, evaluation_step(epoch, 0))
        draws = self._draws(step, Purpose.FIRST_PRESENTATION_OBSERVED, Purpose.SECOND_PRESENTATION_OBSERVED)
        found: dict[str, Observation] = {}
        inputs = self._through_fixed(images)
        if self._hidden:
            view, answer = self._first_answer(inputs, one_hot, draws[0], "fire")
            for number, (layer, before) in enumerate(zip(self._hidden, answer.hidden, strict=True), start=1):
                seen = view if number == 1 else layer.see(inputs, one_hot)
                found[f"hidden {number}"] = layer.observe(seen, answer.output, before)
                inputs = layer.fire(seen, answer.output, before, draws[1])
        return {**found, "output": self._output.observe(inputs, labels)}

    def _present(
        self,
        images: Float[Tensor, "sample input"],
        one_hot: Float[Tensor, "sample label"] | None,
        draws: tuple[Draw, Draw],
        first: Deed,
        second: Deed,
    ) -> Inputs:
        """Present a batch as often as need be; what the output layer is given in the end."""
        inputs = self._through_fixed(images)
        if not self._hidden:
            return inputs
        view, answer = self._first_answer(inputs, one_hot, draws[0], first)
        return self._through_hidden(view, answer, draws[1], second)[-1]

    def _through_fixed(self, images: Float[Tensor, "sample input"]) -> Inputs:
        inputs: Inputs = images
        for layer in self._fixed:
            inputs = layer.fire(inputs)
        return inputs

    def _first_answer(
        self, inputs: Inputs, one_hot: Float[Tensor, "sample label"] | None, draw: Draw, deed: Deed
    ) -> tuple[View, Answer]:
        """What the first hidden layer sees, and what all did at the first presentation, if there is one."""
        view, answer = self._hidden[0].see(inputs, one_hot), Answer([None] * len(self._hidden), None)
        if self._presented_twice:
            hidden = self._through_hidden(view, answer, draw, deed)
            answer = Answer(hidden, self._fed_back(hidden[-1], draw, deed) if self._feeds_back else None)
        return view, answer

    def _through_hidden(self, view: View, answer: Answer, draw: Draw, deed: Deed) -> list[Outputs]:
        """The outputs of each hidden layer at one presentation."""
        outputs: list[Outputs] = []
        for layer, before in zip(self._hidden, answer.hidden, strict=True):
            seen = layer.see(outputs[-1], view.one_hot) if outputs else view
            act: Callable[..., Outputs] = getattr(layer, deed)
            outputs.append(act(seen, answer.output, before, draw))
        return outputs

    @torch.no_grad()
    def _fed_back(self, hidden: Outputs, draw: Draw, deed: Deed) -> Answers:
        """What the output layer answers the first presentation."""
        return self._output.expect(hidden) if deed == "expect" else self._output.fire(hidden, draw)

    @torch.no_grad()
    def keep(self, positions: Sequence[int]) -> None:
        """Let all members but these go, so that a step costs what those who stay cost; they go on as they would have.

        Args:
            positions: Of those who stay, in ascending order; at least one.
        """
        members = torch.tensor(positions, device=self._step.device)
        optimiser, parameters = self._optimiser, self._parameters()
        for layer in self._layers().values():
            layer.keep(members, self.size)
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
        return {
            f"{place}.{origin}.{name}": tensor
            for place, layer in self._layers().items()
            for origin, maps in layer.maps.items()
            for name, tensor in maps.tensors().items()
        }

    def fields(self) -> dict[str, Float[Tensor, "member _ _"]]:
        """The feedforward weights of the layers that learn, (member, neuron, input): `hidden 1`, …, `output`."""
        named = self.tensors()
        hidden = {
            f"hidden {number + 1}": named[f"hidden.{number}.feedforward.weight"] for number in range(len(self._hidden))
        }
        return {**hidden, "output": named["output.feedforward.weight"]}

    def connections(self) -> dict[str, Tensor]:
        """Whom neurons with limited lateral connections hear, as in `hidden.0.lateral.sources`."""
        return {
            f"{place}.{origin}.sources": maps.sources
            for place, layer in self._layers().items()
            for origin, maps in layer.maps.items()
            if isinstance(maps, LimitedLaterals)
        }

    def state(self) -> dict[str, Tensor]:
        """All that learning has changed and chance has drawn, by name: the tensors themselves."""
        adams = memory(self._optimiser, self._learned())
        return {**self.tensors(), **self.connections(), **adams, "step": self._step}

    def _layers(self) -> dict[str, FixedLayer | HiddenLayer | TaughtLayer | OutputLayer]:
        fixed = {f"fixed.{number}": layer for number, layer in enumerate(self._fixed)}
        hidden = {f"hidden.{number}": layer for number, layer in enumerate(self._hidden)}
        return {**fixed, **hidden, "output": self._output}

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
