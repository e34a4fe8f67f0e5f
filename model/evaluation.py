"""Reading a population's predictions and their accuracy."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from model.population import Population

BATCH = 2000
"""Samples presented at a time; part of the definition, since sampled outputs are keyed by batch."""


def responses(
    population: Population, images: Float[Tensor, "sample input"], epoch: int, *, sampled: bool = True
) -> Float[Tensor, "member label sample"]:
    """What each member's output neurons say to each image, without being shown the label.

    Args:
        population: The networks.
        images: Standardised images, more than none.
        epoch: Keys the sampled outputs.
        sampled: Whether outputs are sampled, as while learning, or replaced by their expected values.
    """
    return torch.cat(
        [
            population.respond(batch, (epoch, number), sampled=sampled)
            for number, batch in enumerate(torch.split(images, BATCH))
        ],
        dim=-1,
    )


def inverted(
    population: Population, theta: Float[Tensor, "member label sample"], labels: Int64[Tensor, " sample"]
) -> Bool[Tensor, "member label"]:
    """Which output neurons have learned to be silent for their label: who is wrong about it more often than right.

    Right is firing, with probability θ, where the label is its own, and being silent where it is not. With many
    classes this is, but for their own few images, who fires at more than half of the set: the published rule, which
    says nothing where a class is half of the images. The set should not be one whose labels are to be found.

    Args:
        population: The networks.
        theta: What they say to all images of a set, from `responses`.
        labels: Of these images.
    """
    own = torch.nn.functional.one_hot(labels, theta.shape[1]).to(theta)
    return (torch.einsum("mls,sl->ml", theta - 0.5, own - 0.5) < 0) & population.reads_inverted


def read(
    theta: Float[Tensor, "member label sample"], silent: Bool[Tensor, "member label"]
) -> Int64[Tensor, "member sample"]:
    """The label of the output neuron that fires most; those silent for their label are read as 1 − θ."""
    return torch.where(silent[:, :, None], 1 - theta, theta).argmax(dim=1)


def share_correct(found: Int64[Tensor, "member sample"], labels: Int64[Tensor, " sample"]) -> Float[Tensor, " member"]:
    """Share of the samples whose label each member has found, in float64."""
    return (found == labels).to(torch.float64).mean(dim=-1)
