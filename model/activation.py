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


def trivariate_slopes(
    theta: Float[Tensor, "*neuron sample"],
    feedforward: Float[Tensor, "*neuron sample"],
    context: Float[Tensor, "*neuron sample"],
    lateral: Float[Tensor, "*neuron sample"],
) -> tuple[Float[Tensor, "*neuron sample"], Float[Tensor, "*neuron sample"], Float[Tensor, "*neuron sample"]]:
    """Derivatives of θ = `trivariate_activation` by feedforward, context and lateral input."""
    drive = STEEPNESS * feedforward
    by_context, by_lateral = torch.sigmoid(drive * context), torch.sigmoid(drive * lateral)
    rise_context, rise_lateral = (MODULATION * drive * by * (1 - by) for by in (by_context, by_lateral))
    gain = 1 - 2 * MODULATION + MODULATION * (by_context + by_lateral)
    slope = theta * (1 - theta)
    return (
        slope * (gain + rise_context * context + rise_lateral * lateral),
        slope * rise_context * feedforward,
        slope * rise_lateral * feedforward,
    )


def output_activation(drive: Float[Tensor, "*neuron sample"]) -> Float[Tensor, "*neuron sample"]:
    """Probability of firing θ = σ(r) of an output neuron, kept off 0 and 1."""
    return torch.sigmoid(drive).clamp(OUTPUT_MARGIN, 1 - OUTPUT_MARGIN)


def output_slope(theta: Float[Tensor, "*neuron sample"]) -> Float[Tensor, "*neuron sample"]:
    """Derivative of θ = `output_activation` by the drive: none where θ is kept off 0 and 1."""
    return theta * (1 - theta) * ((theta > OUTPUT_MARGIN) & (theta < 1 - OUTPUT_MARGIN))
