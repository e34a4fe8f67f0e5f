"""How a neuron's aggregated inputs become its firing probability."""

import torch
from jaxtyping import Float
from torch import Tensor

MODULATION = 0.1
"""a_C and a_L: the share of the drive that context and lateral input may each modulate."""

STEEPNESS = 2.0
"""β_C and β_L: how steeply agreement with the feedforward input modulates."""

OUTPUT_MARGIN = 1e-6
"""Output neurons fire with a probability in [1e-6, 1 − 1e-6]."""


def trivariate_activation(
    feedforward: Float[Tensor, "*neuron sample"],
    context: Float[Tensor, "*neuron #sample"],
    lateral: Float[Tensor, "*neuron #sample"],
) -> Float[Tensor, "*neuron sample"]:
    """Probability of firing θ = σ( r [ (1 − a_C − a_L) + a_C σ(β_C r c) + a_L σ(β_L r l) ] ).

    The feedforward input drives; context and lateral input only modulate, by how far they agree with it.
    """
    drive = STEEPNESS * feedforward
    agreement = torch.sigmoid(drive * context) + torch.sigmoid(drive * lateral)
    return torch.sigmoid(feedforward * (1 - 2 * MODULATION + MODULATION * agreement))


def output_activation(drive: Float[Tensor, "*neuron sample"]) -> Float[Tensor, "*neuron sample"]:
    """Probability of firing θ = σ(r) of an output neuron, kept off 0 and 1."""
    return torch.sigmoid(drive).clamp(OUTPUT_MARGIN, 1 - OUTPUT_MARGIN)
