"""How a neuron's aggregated inputs become its firing probability.

Source: Schneider et al., ICLR 2025; the bivariate one: Makkeh et al., PNAS 2025 (arXiv 2306.02149).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from model.binning import adaptive_bins, fixed_bins
from model.config import NetworkConfig
from model.goal import BIVARIATE, TRIVARIATE
from model.lattice import Lattice

SHARE, ALONE = 0.1, 0.8
"""a_C = a_L, what context and lateral input may each modulate of a trivariate neuron's drive, and 1 − a_C − a_L."""

BIVARIATE_SHARE, BIVARIATE_ALONE = 0.2, 0.9
"""2 (1 − k) and k = 0.9 of a bivariate neuron."""

STEEPNESS = 2.0
"""β: how steeply agreement with the feedforward input modulates."""

CONTEXT_WEIGHT = 0.1
"""What the linear activation weighs the context with."""

OUTPUT_MARGIN = 1e-6
"""Output neurons fire with a probability in [1e-6, 1 − 1e-6]."""

Source = Float[Tensor, "*neuron #sample"]
Chance = Float[Tensor, "*neuron sample"]


@dataclass(frozen=True)
class Activation:
    """What makes hidden neurons of one kind fire, and how their sources are binned.

    Attributes:
        name: Unique.
        theta: Probability of firing, from the feedforward input and the other sources in the lattice's order.
        slopes: Derivatives of θ by each source, from θ and all sources.
        bins: A source's values as bins, neuron by neuron.
        lattice: The lattice of the sources.
    """

    name: str
    theta: Callable[..., Chance]
    slopes: Callable[..., tuple[Chance, ...]]
    bins: Callable[[Tensor], Tensor]
    lattice: Lattice


def _modulated(alone: float, share: float, feedforward: Chance, *modulators: Source) -> Chance:
    """θ = σ( r [ alone + Σ share σ(β r x) ] ): r drives, the others modulate by how far they agree."""
    drive = STEEPNESS * feedforward
    agreement = torch.stack([torch.sigmoid(drive * x) for x in modulators]).sum(dim=0)
    return torch.sigmoid(feedforward * (alone + share * agreement))


def _modulated_slopes(
    alone: float, share: float, theta: Chance, feedforward: Chance, *modulators: Chance
) -> tuple[Chance, ...]:
    drive, slope = STEEPNESS * feedforward, theta * (1 - theta)
    gain = torch.full_like(feedforward, alone)
    by_modulators = []
    for modulator in modulators:
        by = torch.sigmoid(drive * modulator)
        rise = share * drive * by * (1 - by)
        gain += share * by + rise * modulator
        by_modulators.append(slope * rise * feedforward)
    return slope * gain, *by_modulators


def _linear(feedforward: Chance, context: Source, lateral: Source) -> Chance:
    """θ = σ(r + 0.1 c + l)."""
    return torch.sigmoid(feedforward + CONTEXT_WEIGHT * context + lateral)


def _linear_slopes(theta: Chance, *_sources: Chance) -> tuple[Chance, ...]:
    slope = theta * (1 - theta)
    return slope, CONTEXT_WEIGHT * slope, slope


MODULATING = Activation(
    "modulating",
    partial(_modulated, ALONE, SHARE),
    partial(_modulated_slopes, ALONE, SHARE),
    fixed_bins,
    TRIVARIATE,
)
"""Of trivariate neurons: θ = σ( r [ (1 − a_C − a_L) + a_C σ(β r c) + a_L σ(β r l) ] )."""

LINEAR = Activation("linear", _linear, _linear_slopes, fixed_bins, TRIVARIATE)
"""Of trivariate neurons: θ = σ(r + 0.1 c + l)."""

BIVARIATE_MODULATING = Activation(
    "bivariate",
    partial(_modulated, BIVARIATE_ALONE, BIVARIATE_SHARE),
    partial(_modulated_slopes, BIVARIATE_ALONE, BIVARIATE_SHARE),
    adaptive_bins,
    BIVARIATE,
)
"""Of bivariate neurons: θ = σ( r [ k + (1 − k) 2σ(β r x) ] ), x the context or the lateral input."""


def activation_of(network: NetworkConfig) -> Activation:
    """The activation of a network's hidden neurons."""
    if network.kind != "trivariate":
        return BIVARIATE_MODULATING
    return LINEAR if network.activation == "linear" else MODULATING


def output_activation(drive: Chance) -> Chance:
    """Probability of firing θ = σ(r) of an output neuron, kept off 0 and 1."""
    return torch.sigmoid(drive).clamp(OUTPUT_MARGIN, 1 - OUTPUT_MARGIN)


def output_slope(theta: Chance) -> Chance:
    """Derivative of θ = `output_activation` by the drive: none where θ is kept off 0 and 1."""
    return theta * (1 - theta) * ((theta > OUTPUT_MARGIN) & (theta < 1 - OUTPUT_MARGIN))
