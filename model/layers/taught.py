"""A hidden layer that backpropagation teaches, to compare infomorphic ones with."""

from model.layers.wiring import View, Wiring
from model.neurons import Activity, Answers, sample
from model.randomness import Draw


class TaughtLayer(Wiring):
    """Neurons connected as infomorphic ones are; outputs are 0 or 1, with the slopes of their probabilities."""

    says_signs = False

    def fire(self, view: View, answer: Answers | None, before: Activity | None, draw: Draw) -> Activity:
        """Outputs 0 or 1, sampled, with the derivatives of θ in the place of theirs."""
        theta = self.expect(view, answer, before, draw)
        outputs = (1 + sample(theta, self._own(draw))) / 2
        return outputs + (theta - theta.detach())

    def expect(self, view: View, answer: Answers | None, before: Activity | None, _draw: Draw) -> Activity:
        """The expected values of outputs 0 and 1, after expected values of what was before."""
        theta: Activity = self._activation.theta(*self.sources(view, answer, before, sampled=False))
        return theta
