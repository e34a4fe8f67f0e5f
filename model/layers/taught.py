"""A hidden layer that backpropagation teaches, to compare infomorphic ones with."""

from dataclasses import replace

from model.activation import activation_of
from model.config import NetworkConfig
from model.layers.place import Place
from model.layers.wiring import View, Wiring
from model.neurons import Activity, Answers
from model.randomness import Draw, uniform


class TaughtLayer(Wiring):
    """Neurons connected as infomorphic ones are; outputs are 0 or 1, with the slope of their probabilities.

    Args:
        place: Where in its network it is.
        network: The network.
    """

    def __init__(self, place: Place, network: NetworkConfig) -> None:
        super().__init__(place, network)
        self._activation = activation_of(network)
        self._first_neuron = place.first_neuron

    def fire(self, view: View, answer: Answers | None, before: Activity | None, draw: Draw) -> Activity:
        """Outputs 0 or 1, sampled, with ∂θ in the place of their derivatives."""
        theta = self.expect(view, answer, before, draw)
        own = replace(draw, first_neuron=self._first_neuron)
        drawn = uniform(own, theta.shape[1], theta.shape[2], theta)
        outputs = (drawn < theta).to(theta.dtype)
        return outputs + (theta - theta.detach())

    def expect(self, view: View, answer: Answers | None, before: Activity | None, _draw: Draw) -> Activity:
        """The expected values of outputs 0 and 1, after expected values of what was before."""
        theta: Activity = self._activation.theta(*self.sources(view, answer, before, sampled=False))
        return theta
