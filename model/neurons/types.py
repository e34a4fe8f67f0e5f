"""What neurons are given and give, for a population of any size."""

from jaxtyping import Float
from torch import Tensor

Activity = Float[Tensor, "member neuron sample"]

Answers = Float[Tensor, "member label sample"]
"""Activity of the output layer."""

Sources = tuple[Float[Tensor, "member neuron #sample"], ...]
"""Feedforward input, then context or lateral input or both; all but the first may be given once for all samples."""
