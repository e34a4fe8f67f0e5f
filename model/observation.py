"""What the neurons of a layer do at one presentation, as their information is estimated from it."""

from dataclasses import dataclass

from jaxtyping import Float, Int64
from torch import Tensor

from model.goal import BIVARIATE_TERMS, TERMS, TRIVARIATE
from model.lattice import Lattice
from model.pid import atoms


@dataclass(frozen=True)
class Observation:
    """The joint of sources and output of each neuron of a layer, for each member of a population.

    Attributes:
        lattice: The lattice of the sources.
        bins: Each source's bin, in the order of the lattice's sources.
        theta: Probability of firing.
    """

    lattice: Lattice
    bins: Int64[Tensor, "source member neuron sample"]
    theta: Float[Tensor, "member neuron sample"]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the terms, in their order."""
        return TERMS if self.lattice is TRIVARIATE else BIVARIATE_TERMS

    def terms(self) -> Float[Tensor, "member neuron term"]:
        """Each neuron's atoms, then its residual entropy, in bits."""
        members, neurons, _ = self.theta.shape
        found = atoms(self.bins.flatten(1, 2), self.theta.flatten(0, 1), self.lattice)
        return found.view(members, neurons, -1)
