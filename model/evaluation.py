"""Reading a population's predictions and their accuracy."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from model.population import Population

BATCH = 2000
"""Samples presented at a time; part of the definition, since sampled outputs are keyed by batch."""


def accuracy(
    population: Population,
    images: Float[Tensor, "sample input"],
    labels: Int64[Tensor, " sample"],
    epoch: int,
) -> Float[Tensor, " member"]:
    """Share of the samples that each member labels correctly, without being shown the label.

    Args:
        population: The networks.
        images: Standardised images, more than none.
        labels: Their classes.
        epoch: Keys the sampled outputs.
    """
    theta = torch.cat(
        [population.respond(batch, (epoch, number)) for number, batch in enumerate(torch.split(images, BATCH))], dim=-1
    )
    return (predictions(theta) == labels).to(torch.float64).mean(dim=-1)


def predictions(theta: Float[Tensor, "member label sample"]) -> Int64[Tensor, "member sample"]:
    """The label of the output neuron that fires most.

    Information is blind to inversion: a neuron that fires at more than half of the whole set has learned to be silent
    for its label, and is read as 1 − θ.
    """
    inverted = theta.mean(dim=-1, keepdim=True) > 0.5
    return torch.where(inverted, 1 - theta, theta).argmax(dim=1)
