"""What neurons do with their sources: they fire, and learn which inputs would have served their goals better.

The compiled backend does it for float32 on the CPU, the torch backend on every device and in every float type. Nothing
flows from a neuron to what it gets its inputs from: every derivative ends at its own sources.
"""

from types import ModuleType

import torch
from jaxtyping import Int64
from torch import Tensor

from model.activation import Activation
from model.neurons import compiled_backend, torch_backend
from model.neurons.types import Activity, Answers, Sources
from model.pid import Objective
from model.randomness import Draw

__all__ = ["Activity", "Answers", "Sources", "fire", "learn", "learn_output", "sample"]


def fire(sources: Sources, draw: Draw, activation: Activation) -> Activity:
    """Outputs −1 or +1 of hidden neurons, sampled from their firing probabilities."""
    outputs: Activity = _backend(sources[0]).fire(sources, draw, activation)
    return outputs


def learn(sources: Sources, draw: Draw, activation: Activation, objective: Objective) -> tuple[Activity, Sources]:
    """Outputs of hidden neurons as `fire` has them, and the derivatives of −Σ G by their sources, in bits.

    Args:
        sources: Of which all but the first may be given once for all samples, as bare biases are.
        draw: What the outputs are sampled with.
        activation: What makes them fire.
        objective: What the neurons maximise, one row a neuron of the whole population.
    """
    whole = tuple(source.expand_as(sources[0]) for source in sources)
    outputs_and_downhill: tuple[Activity, Sources] = _backend(sources[0]).learn(whole, draw, activation, objective)
    return outputs_and_downhill


def learn_output(drive: Activity, labels: Int64[Tensor, " sample"], objective: Objective) -> Activity:
    """Derivative of −Σ G by the drive of output neurons, in bits.

    A neuron's context is its own element of the one-hot label. It reaches the goal through its bins alone, and its two
    values fall into two bins with any bias in [−1, 1], which is where biases of one input start: so there is none.

    Args:
        drive: The neurons' feedforward input.
        labels: The label of each sample.
        objective: What the neurons maximise, one row a neuron of the whole population.
    """
    downhill: Activity = _backend(drive).learn_output(drive, labels, objective)
    return downhill


def sample(theta: Activity, draw: Draw) -> Activity:
    """Outputs −1 or +1, sampled from firing probabilities."""
    outputs: Activity = _backend(theta).sample(theta, draw)
    return outputs


def _backend(activity: Tensor) -> ModuleType:
    compiled = activity.dtype == torch.float32 and activity.device.type == "cpu"
    return compiled_backend if compiled else torch_backend
