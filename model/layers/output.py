"""The output layer: a bivariate neuron a class."""

from dataclasses import replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.activation import output_activation
from model.binning import output_bins
from model.goal import BIVARIATE
from model.layers.place import Place
from model.linear import Inputs, LinearMaps
from model.neurons import Answers, learn_output, sample
from model.observation import Observation
from model.pid import Objective
from model.randomness import Draw


class OutputLayer:
    """Neurons whose context is their own element of the one-hot label; their firing probability is read directly.

    Args:
        place: Where in its network it is.
        gamma: The goal of all of them, bivariate.

    Attributes:
        maps: The feedforward weights.
    """

    def __init__(self, place: Place, gamma: Float[Tensor, " term"]) -> None:
        rows = gamma.expand(len(place.seeds) * place.n_neurons, -1)
        self._objective = Objective.of(rows, BIVARIATE)
        self._first_neuron = place.first_neuron
        self.maps = {
            "feedforward": LinearMaps.initialised(place.generators(), place.n_neurons, place.n_inputs, place.template)
        }

    def drive(self, inputs: Inputs) -> Answers:
        """The feedforward input."""
        return self.maps["feedforward"].of(inputs)

    def theta(self, inputs: Inputs) -> Answers:
        """Firing probabilities."""
        return output_activation(self.drive(inputs))

    def fire(self, inputs: Inputs, draw: Draw) -> Answers:
        """Outputs −1 or +1, sampled: what feedback says."""
        return sample(self.theta(inputs), replace(draw, first_neuron=self._first_neuron))

    def expect(self, inputs: Inputs) -> Answers:
        """The expected values of outputs −1 and +1."""
        return 2 * self.theta(inputs) - 1

    def observe(self, inputs: Inputs, labels: Int64[Tensor, " sample"]) -> Observation:
        """What the neurons' information is estimated from."""
        drive = self.drive(inputs)
        return Observation(BIVARIATE, torch.stack(output_bins(drive, labels)), output_activation(drive))

    def learn(self, inputs: Inputs, labels: Int64[Tensor, " sample"]) -> None:
        """Set the gradients."""
        self.maps["feedforward"].take(learn_output(self.drive(inputs), labels, self._objective), inputs)

    def keep(self, members: Int64[Tensor, " kept"], n_members: int) -> None:
        """Let all members but these, of so many, go."""
        self.maps = {origin: maps.keep(members) for origin, maps in self.maps.items()}
        self._objective = self._objective.keep(members, n_members)
