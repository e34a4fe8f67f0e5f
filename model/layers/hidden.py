"""A hidden layer of infomorphic neurons."""

from jaxtyping import Float, Int64
from torch import Tensor

from model.config import NetworkConfig
from model.layers.place import Place
from model.layers.wiring import View, Wiring
from model.neurons import Activity, Answers, fire, learn
from model.pid import Objective
from model.randomness import Draw


class HiddenLayer(Wiring):
    """Neurons of two or three sources that learn by their own goals.

    Args:
        place: Where in its network it is.
        network: The network.
        gamma: Each member's goal.
    """

    def __init__(self, place: Place, network: NetworkConfig, gamma: Float[Tensor, "member term"]) -> None:
        super().__init__(place, network)
        self._objective = Objective.of(gamma.repeat_interleave(place.n_neurons, dim=0), self._activation.lattice)

    def fire(self, view: View, answer: Answers | None, before: Activity | None, draw: Draw) -> Activity:
        """Outputs −1 or +1 at a presentation, sampled; what the arguments are `sources` says."""
        return fire(self.sources(view, answer, before), self._own(draw), self._activation)

    def expect(self, view: View, answer: Answers | None, before: Activity | None, _draw: Draw) -> Activity:
        """The expected values of outputs −1 and +1, after expected values of what was before."""
        return 2 * self._activation.theta(*self.sources(view, answer, before, sampled=False)) - 1

    def learn(self, view: View, answer: Answers | None, before: Activity | None, draw: Draw) -> Activity:
        """Outputs as `fire` has them; sets the gradients that −Σ G has by all weights."""
        sources = self.sources(view, answer, before)
        outputs, downhill = learn(sources, self._own(draw), self._activation, self._objective)
        self.take(downhill, view, answer, before)
        return outputs

    def keep(self, members: Int64[Tensor, " kept"], n_members: int) -> None:
        """Let all members but these, of so many, go."""
        super().keep(members, n_members)
        self._objective = self._objective.keep(members, n_members)
