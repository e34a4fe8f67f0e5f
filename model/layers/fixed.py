"""A hidden layer that does not learn: random weights and a step, to compare with."""

import torch
from jaxtyping import Int64
from torch import Tensor

from model.layers.place import Place
from model.linear import Inputs, LinearMaps
from model.neurons import Activity


class FixedLayer:
    """Neurons that say +1 where their feedforward input is positive, else −1.

    No context and no lateral input: a modulator never changes the sign of what drives.

    Args:
        place: Where in its network it is.

    Attributes:
        maps: The feedforward weights.
    """

    def __init__(self, place: Place) -> None:
        self.maps = {
            "feedforward": LinearMaps.initialised(place.generators(), place.n_neurons, place.n_inputs, place.template)
        }

    def fire(self, inputs: Inputs) -> Activity:
        """Outputs −1 or +1."""
        drive = self.maps["feedforward"].of(inputs)
        return torch.where(drive > 0, 1.0, -1.0).to(drive.dtype)

    def keep(self, members: Int64[Tensor, " kept"], _n_members: int) -> None:
        """Let all members but these go."""
        self.maps = {origin: maps.keep(members) for origin, maps in self.maps.items()}
