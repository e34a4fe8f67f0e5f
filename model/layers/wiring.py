"""How the neurons of a hidden layer are connected: what their sources come through."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.activation import activation_of
from model.config import NetworkConfig
from model.laterals import FullLaterals, LimitedLaterals, connections
from model.layers.place import Place
from model.linear import Inputs, LinearMaps
from model.neurons import Activity, Answers, Sources
from model.observation import Observation
from model.randomness import Draw

Context = Float[Tensor, "member neuron #sample"]


@dataclass(frozen=True)
class View:
    """What a layer sees of a batch, the same at every presentation of the same inputs.

    Attributes:
        inputs: Of the feedforward source.
        one_hot: The label; None for zeros.
        drive: The feedforward input.
        label: What of the context comes from the label, or from zeros in its place; None if nothing does.
    """

    inputs: Inputs
    one_hot: Float[Tensor, "sample label"] | None
    drive: Activity
    label: Context | None


class Wiring:
    """Sources of neurons: the layer before, the label or the output or both as context, and each other.

    Args:
        place: Where in its network the layer is.
        network: The network.

    Attributes:
        maps: What each part of a source comes through, by where it comes from: `feedforward`, `label`, `output`,
            `lateral`.
    """

    maps: dict[str, LinearMaps | LimitedLaterals]
    says_signs = True
    """Whether outputs are −1 or +1."""

    def __init__(self, place: Place, network: NetworkConfig) -> None:
        self._activation = activation_of(network)
        self._first_neuron = place.first_neuron
        generators, template = place.generators(), place.template
        self.maps = {"feedforward": LinearMaps.initialised(generators, place.n_neurons, place.n_inputs, template)}
        for origin in network.context:
            self.maps[origin] = LinearMaps.initialised(generators, place.n_neurons, place.n_labels, template)
        if network.lateral_connections is None:
            self.maps["lateral"] = FullLaterals.initialised(generators, place.n_neurons, place.n_neurons, template)
        elif network.lateral_connections > 0:
            whom = connections(place.seeds, place.number, place.n_neurons, network.lateral_connections)
            self.maps["lateral"] = LimitedLaterals.initialised(generators, whom, template)
        context = 1 if network.context else 0
        self._source_of = {"feedforward": 0, "label": context, "output": context, "lateral": 1 + context}

    def see(self, inputs: Inputs, one_hot: Float[Tensor, "sample label"] | None) -> View:
        """Look at a batch; without labels it sees zeros in their place."""
        return View(inputs, one_hot, self.maps["feedforward"].of(inputs), self._hear("label", one_hot))

    def sources(self, view: View, answer: Answers | None, before: Activity | None, *, sampled: bool = True) -> Sources:
        """The sources of the neurons at a presentation.

        Args:
            view: Of the batch.
            answer: What the output layer said to the presentation before; None for zeros.
            before: What this layer did then; None for zeros.
            sampled: Whether these are outputs −1 or +1.
        """
        contexts = [part for part in (view.label, self._hear("output", answer)) if part is not None]
        context = [sum(contexts[1:], start=contexts[0])] if contexts else []
        lateral = self.maps.get("lateral")
        if isinstance(lateral, LimitedLaterals) and before is not None and not sampled:
            return view.drive, *context, lateral.of_any(before)
        heard = self._hear("lateral", before)
        return view.drive, *context, *([] if heard is None else [heard])

    def take(self, downhill: Sources, view: View, answer: Answers | None, before: Activity | None) -> None:
        """Set the gradients of all maps, from the derivatives by the sources and what these came from.

        Raises:
            ValueError: If something came from zeros.
        """
        came_from = {"feedforward": view.inputs, "label": view.one_hot, "output": answer, "lateral": before}
        for origin, maps in self.maps.items():
            if (inputs := came_from[origin]) is None:
                raise ValueError(f"nothing to learn from: {origin} came from zeros")
            maps.take(downhill[self._source_of[origin]], inputs)

    def observe(self, view: View, answer: Answers | None, before: Activity | None) -> Observation:
        """What the neurons' information is estimated from, at a presentation; arguments are those of `sources`."""
        sources = self.sources(view, answer, before, sampled=self.says_signs)
        whole = [source.expand_as(view.drive) for source in sources]
        bins = torch.stack([self._activation.bins(source) for source in whole])
        return Observation(self._activation.lattice, bins, self._activation.theta(*whole))

    def keep(self, members: Int64[Tensor, " kept"], n_members: int) -> None:  # noqa: ARG002 - others need to know
        """Let all members but these, of so many, go."""
        self.maps = {origin: maps.keep(members) for origin, maps in self.maps.items()}

    def _own(self, draw: Draw) -> Draw:
        """Where in a draw this layer's neurons are."""
        return replace(draw, first_neuron=self._first_neuron)

    def _hear(self, origin: str, inputs: Inputs | None) -> Context | None:
        if origin not in self.maps:
            return None
        maps = self.maps[origin]
        return maps.bias if inputs is None else maps.of(inputs)
