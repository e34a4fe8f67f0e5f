"""The layers of setup 1, for a whole population at a time.

Weights carry a leading member axis. Activity is laid out (member, neuron, sample), inputs shared by all members
(input, sample), so that the information terms see rows of neurons.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from model.binning import adaptive_bins, fixed_bins
from model.goal import BIVARIATE, TRIVARIATE
from model.pid import goal_gradient
from model.randomness import Purpose, key

Activity = Float[Tensor, "member neuron sample"]

OUTPUT_MARGIN = 1e-6
"""Output neurons fire with a probability in [1e-6, 1 − 1e-6]."""


@dataclass(frozen=True)
class LinearMaps:
    """One linear map with bias for each member, from one source to all neurons of a layer."""

    weight: Float[Tensor, "member neuron input"]
    bias: Float[Tensor, "member neuron 1"]

    @classmethod
    def initialised(
        cls, generators: Sequence[torch.Generator], n_neurons: int, n_inputs: int, template: Tensor
    ) -> "LinearMaps":
        """Torch's default: weights and biases uniform within ±1/√(inputs), drawn by each member's own generator."""
        bound = n_inputs**-0.5
        weight = torch.empty(len(generators), n_neurons, n_inputs, dtype=template.dtype)
        bias = torch.empty(len(generators), n_neurons, 1, dtype=template.dtype)
        for member, generator in enumerate(generators):
            weight[member].uniform_(-bound, bound, generator=generator)
            bias[member].uniform_(-bound, bound, generator=generator)
        return cls(*(t.to(template.device).requires_grad_() for t in (weight, bias)))

    def shared(self, inputs: Float[Tensor, "input sample"]) -> Activity:
        """The map of inputs that all members share, as one product."""
        members, neurons, _ = self.weight.shape
        return (self.weight.flatten(0, 1) @ inputs).view(members, neurons, -1) + self.bias

    def own(self, inputs: Float[Tensor, "member input sample"]) -> Activity:
        """The map of inputs that each member has of its own."""
        return torch.baddbmm(self.bias, self.weight, inputs)

    def parameters(self) -> list[Tensor]:
        """Weight and bias."""
        return [self.weight, self.bias]


def member_generators(seeds: Sequence[int], layer: int) -> list[torch.Generator]:
    """A generator a member for a layer's first weights; on the CPU, so that every device starts from the same."""
    return [torch.Generator().manual_seed(key(seed, Purpose.INITIALISATION, layer)) for seed in seeds]


class HiddenLayer:
    """Trivariate neurons: feedforward input drives, label context and lateral input modulate."""

    def __init__(self, seeds: Sequence[int], n_neurons: int, n_inputs: int, n_labels: int, template: Tensor) -> None:
        generators = member_generators(seeds, layer=0)
        self.feedforward = LinearMaps.initialised(generators, n_neurons, n_inputs, template)
        self.context = LinearMaps.initialised(generators, n_neurons, n_labels, template)
        self.lateral = LinearMaps.initialised(generators, n_neurons, n_neurons, template)
        with torch.no_grad():
            self.lateral.weight.diagonal(dim1=1, dim2=2).zero_()

    def learn(
        self,
        sources: tuple[Activity, Activity, Activity],
        theta: Activity,
        gamma: Float[Tensor, "neurons term"],
    ) -> None:
        """Add the gradient of −Σ G to the layer's weights; nothing flows beyond the layer.

        Args:
            sources: Feedforward, context and lateral input of the second presentation.
            theta: The firing probabilities they led to.
            gamma: Goals, one row a neuron of the whole population.
        """
        bins = torch.stack([fixed_bins(source) for source in sources]).flatten(1, 2)
        gradient = goal_gradient(bins, theta.detach().flatten(0, 1), gamma, TRIVARIATE)
        torch.autograd.backward(theta, -gradient.view_as(theta))
        if self.lateral.weight.grad is not None:  # for the type checker: the backward pass has just made it
            self.lateral.weight.grad.diagonal(dim1=1, dim2=2).zero_()

    def parameters(self) -> list[Tensor]:
        """Everything that is learned."""
        return [p for maps in (self.feedforward, self.context, self.lateral) for p in maps.parameters()]


class OutputLayer:
    """Bivariate neurons: the hidden layer drives, a neuron's own label element is only known, never felt.

    The context reaches the goal through its bins alone, and its two values fall into two bins with any bias in [−1, 1],
    which is where biases of one input start. So the context is the label element itself.
    """

    def __init__(self, seeds: Sequence[int], n_neurons: int, n_inputs: int, template: Tensor) -> None:
        self.feedforward = LinearMaps.initialised(member_generators(seeds, layer=1), n_neurons, n_inputs, template)

    def theta(self, feedforward: Activity) -> Activity:
        """Firing probabilities θ = σ(r), kept off 0 and 1."""
        return torch.sigmoid(feedforward).clamp(OUTPUT_MARGIN, 1 - OUTPUT_MARGIN)

    def learn(
        self,
        feedforward: Activity,
        one_hot: Float[Tensor, "neuron sample"],
        theta: Activity,
        gamma: Float[Tensor, "neurons term"],
    ) -> None:
        """Add the gradient of −Σ G to the layer's weights; nothing flows into the hidden layer."""
        label = adaptive_bins(one_hot).expand(theta.shape)
        bins = torch.stack([adaptive_bins(feedforward), label]).flatten(1, 2)
        gradient = goal_gradient(bins, theta.detach().flatten(0, 1), gamma, BIVARIATE)
        torch.autograd.backward(theta, -gradient.view_as(theta))

    def parameters(self) -> list[Tensor]:
        """Everything that is learned."""
        return self.feedforward.parameters()
