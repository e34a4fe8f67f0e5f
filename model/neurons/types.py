"""What neurons are given and give, for a population of any size."""

from jaxtyping import Float
from torch import Tensor

Activity = Float[Tensor, "member neuron sample"]

Sources = tuple[Activity, Float[Tensor, "member neuron #sample"], Float[Tensor, "member neuron #sample"]]
"""Feedforward, context and lateral input; to fire, the last two may be given once for all samples."""
