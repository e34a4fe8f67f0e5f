"""The layers of networks, one after another, and what goes through them when a batch is presented."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.config import NetworkConfig
from model.laterals import LimitedLaterals
from model.layers.fixed import FixedLayer
from model.layers.hidden import HiddenLayer
from model.layers.output import OutputLayer
from model.layers.taught import TaughtLayer
from model.layers.wiring import View
from model.linear import Inputs
from model.neurons import Answers
from model.observation import Observation
from model.randomness import Draw

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


class Stack:
    """All layers of a population's networks.

    Args:
        network: What the networks are.
        fixed: Layers that do not learn, before all others.
        hidden: Layers that do.
        output: The last layer.

    Attributes:
        fixed, hidden, output: The same.
    """

    def __init__(
        self,
        network: NetworkConfig,
        fixed: Sequence[FixedLayer],
        hidden: Sequence[HiddenLayer | TaughtLayer],
        output: OutputLayer,
    ) -> None:
        self.fixed, self.hidden, self.output = fixed, hidden, output
        self._feeds_back = "output" in network.context and bool(hidden)
        self._presented_twice = bool(hidden) and (self._feeds_back or network.lateral_connections != 0)

    def present(
        self,
        images: Float[Tensor, "sample input"],
        one_hot: Float[Tensor, "sample label"] | None,
        draws: tuple[Draw, Draw],
        first: Deed,
        second: Deed,
    ) -> Inputs:
        """Present a batch as often as need be; what the output layer is given in the end.

        Args:
            images: Standardised images.
            one_hot: Their labels; None for zeros.
            draws: What the outputs of the two presentations are sampled with.
            first: What hidden layers do at the first one.
            second: What they do at the second one, or at the only one.
        """
        inputs = self._through_fixed(images)
        if not self.hidden:
            return inputs
        view, answer = self._first_answer(inputs, one_hot, draws[0], first)
        return self._through_hidden(view, answer, draws[1], second)[-1]

    def observe(
        self,
        images: Float[Tensor, "sample input"],
        one_hot: Float[Tensor, "sample label"],
        labels: Int64[Tensor, " sample"],
        draws: tuple[Draw, Draw],
    ) -> dict[str, Observation]:
        """What the neurons' information is estimated from, by layer: `hidden 1`, …, `output`.

        Arguments are those of `present`, and the labels; fixed layers have one source alone.
        """
        found: dict[str, Observation] = {}
        inputs = self._through_fixed(images)
        if self.hidden:
            view, answer = self._first_answer(inputs, one_hot, draws[0], "fire")
            for number, (layer, before) in enumerate(zip(self.hidden, answer.hidden, strict=True), start=1):
                seen = view if number == 1 else layer.see(inputs, one_hot)
                found[f"hidden {number}"] = layer.observe(seen, answer.output, before)
                inputs = layer.fire(seen, answer.output, before, draws[1])
        return {**found, "output": self.output.observe(inputs, labels)}

    def _through_fixed(self, images: Float[Tensor, "sample input"]) -> Inputs:
        inputs: Inputs = images
        for layer in self.fixed:
            inputs = layer.fire(inputs)
        return inputs

    def _first_answer(
        self, inputs: Inputs, one_hot: Float[Tensor, "sample label"] | None, draw: Draw, deed: Deed
    ) -> tuple[View, Answer]:
        """What the first hidden layer sees, and what all did at the first presentation, if there is one."""
        view, answer = self.hidden[0].see(inputs, one_hot), Answer([None] * len(self.hidden), None)
        if self._presented_twice:
            hidden = self._through_hidden(view, answer, draw, deed)
            answer = Answer(hidden, self._fed_back(hidden[-1], draw, deed) if self._feeds_back else None)
        return view, answer

    def _through_hidden(self, view: View, answer: Answer, draw: Draw, deed: Deed) -> list[Outputs]:
        """The outputs of each hidden layer at one presentation."""
        outputs: list[Outputs] = []
        for layer, before in zip(self.hidden, answer.hidden, strict=True):
            seen = layer.see(outputs[-1], view.one_hot) if outputs else view
            act: Callable[..., Outputs] = getattr(layer, deed)
            outputs.append(act(seen, answer.output, before, draw))
        return outputs

    @torch.no_grad()
    def _fed_back(self, hidden: Outputs, draw: Draw, deed: Deed) -> Answers:
        """What the output layer answers the first presentation."""
        return self.output.expect(hidden) if deed == "expect" else self.output.fire(hidden, draw)

    def keep(self, members: Int64[Tensor, " kept"], n_members: int) -> None:
        """Let all members but these, of so many, go."""
        for layer in self._by_name().values():
            layer.keep(members, n_members)

    def tensors(self) -> dict[str, Tensor]:
        """All weights and biases, (member, ...), by layer, origin and name, as in `hidden.0.feedforward.weight`."""
        return {
            f"{place}.{origin}.{name}": tensor
            for place, layer in self._by_name().items()
            for origin, maps in layer.maps.items()
            for name, tensor in maps.tensors().items()
        }

    def connections(self) -> dict[str, Tensor]:
        """Whom neurons with limited lateral connections hear, as in `hidden.0.lateral.sources`."""
        return {
            f"{place}.{origin}.sources": maps.sources
            for place, layer in self._by_name().items()
            for origin, maps in layer.maps.items()
            if isinstance(maps, LimitedLaterals)
        }

    def _by_name(self) -> dict[str, FixedLayer | HiddenLayer | TaughtLayer | OutputLayer]:
        fixed = {f"fixed.{number}": layer for number, layer in enumerate(self.fixed)}
        hidden = {f"hidden.{number}": layer for number, layer in enumerate(self.hidden)}
        return {**fixed, **hidden, "output": self.output}
