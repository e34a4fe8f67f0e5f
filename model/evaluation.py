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

    Arguments are those of `predictions`, and the images' classes.
    """
    return (predictions(population, images, epoch) == labels).to(torch.float64).mean(dim=-1)


def predictions(
    population: Population, images: Float[Tensor, "sample input"], epoch: int, *, sampled: bool = True
) -> Int64[Tensor, "member sample"]:
    """The label that each member gives each image.

    Args:
        population: The networks.
        images: Standardised images, more than none.
        epoch: Keys the sampled outputs.
        sampled: Whether outputs are sampled, as while learning, or replaced by their expected values.
    """
    theta = torch.cat(
        [
            population.respond(batch, (epoch, number), sampled=sampled)
            for number, batch in enumerate(torch.split(images, BATCH))
        ],
        dim=-1,
    )
    return read(theta) if population.reads_inverted else theta.argmax(dim=1)


def read(theta: Float[Tensor, "member label sample"]) -> Int64[Tensor, "member sample"]:
    """The label of the output neuron that fires most.

    Information is blind to inversion: a neuron that fires at more than half of the whole set has learned to be silent
    for its label, and is read as 1 − θ.
    """
    inverted = theta.mean(dim=-1, keepdim=True) > 0.5
    return torch.where(inverted, 1 - theta, theta).argmax(dim=1)
