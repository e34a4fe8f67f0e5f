"""The same networks under backpropagation, to compare infomorphic ones with."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Adam

from model.config import NetworkConfig
from model.goal import Goal, Goals
from model.laterals import FullLaterals
from model.layers import Place, TaughtLayer
from model.observation import Observation
from model.optimiser import adam
from model.population import Population
from model.randomness import Draw


class BackpropagatedPopulation(Population):
    """K networks, of the same connections and activations, that learn by the cross-entropy of their predictions.

    Hidden outputs are 0 or 1, sampled, with the derivatives of their probabilities; the gradient goes back through all
    layers and both presentations, but not through what the output layer fed back. Predictions are the softmax of the
    output layer's drive. Arguments are those of `Population`.
    """

    reads_inverted = False

    def _hidden_layers(
        self, network: NetworkConfig, where: Sequence[Place], _goals: Sequence[Goal | Goals]
    ) -> list[TaughtLayer]:
        return [TaughtLayer(place, network) for place in where]

    def _set_gradients(
        self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"], draws: tuple[Draw, Draw]
    ) -> None:
        drive = self.stack.output.drive(self.stack.present(images, self._one_hot(labels), draws, "fire", "fire"))
        self._optimiser.zero_grad(set_to_none=False)
        # Each member's mean over the samples, added up: no member feels another.
        loss = cross_entropy(drive.transpose(1, 2).flatten(0, 1), labels.repeat(self.size)) * self.size
        torch.autograd.backward(loss)
        for layer in self.stack.hidden:
            if isinstance(laterals := layer.maps.get("lateral"), FullLaterals):
                laterals.stay_apart()

    @torch.no_grad()
    def respond(
        self, images: Float[Tensor, "sample input"], when: tuple[int, int], *, sampled: bool = True
    ) -> Float[Tensor, "member label sample"]:
        """The predicted probabilities of the labels, without being shown them; arguments are those of `Population`."""
        return self.stack.output.drive(self._evaluate(images, when, sampled=sampled)).softmax(dim=1)

    @torch.no_grad()
    def observe(
        self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"], epoch: int
    ) -> dict[str, Observation]:
        """What the hidden neurons do with a batch; arguments are those of `Population`."""
        found = super().observe(images, labels, epoch)
        return {layer: observation for layer, observation in found.items() if layer != "output"}

    def _adam(self) -> Adam:
        parameters = [parameter.requires_grad_() for parameter in self._parameters()]
        return adam([(parameters, self._training.backpropagation_learning_rate, 0.0)])


def population_kind(network: NetworkConfig) -> type[Population]:
    """The populations whose networks learn as this one does."""
    return BackpropagatedPopulation if network.learning == "backpropagation" else Population
