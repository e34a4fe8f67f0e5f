"""A population: K networks with goals and seeds of their own, trained in lock-step as one set of tensors."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn.functional import one_hot as encode_labels

from model.activation import output_activation
from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal
from model.layers import HiddenLayer, LinearMaps, member_generators
from model.memory import keep_freed_memory
from model.neurons import Activity, Keys, fire, learn, learn_output
from model.randomness import Purpose, Step, member_keys


class Population:
    """K networks of setup 1 or 2. A single network is a population of one.

    A member's weights and results do not depend, beyond float rounding, on the other members.

    Args:
        goals: The hidden layer's goal of each member.
        seeds: Each member's seed, for its first weights and its sampled outputs.
        template: A tensor of the dtype and on the device to compute in.

    Raises:
        ValueError: If there is no member, or not one seed a goal.
    """

    def __init__(
        self,
        network: NetworkConfig,
        training: TrainingConfig,
        goals: Sequence[Goal],
        seeds: Sequence[int],
        n_inputs: int,
        n_labels: int,
        template: Tensor,
    ) -> None:
        if not goals or len(goals) != len(seeds):
            raise ValueError(f"a population has a goal and a seed for each member; got {len(goals)} and {len(seeds)}")
        keep_freed_memory()
        self.size = len(goals)
        self._seeds = tuple(seeds)
        self._n_labels = n_labels
        self._dtype = template.dtype
        self._hidden = HiddenLayer(seeds, network, n_inputs, n_labels, template)
        generators = member_generators(seeds, layer=1)
        self._output = LinearMaps.initialised(generators, n_labels, network.hidden_neurons, template)
        self._hidden_gamma = template.new_tensor([goal.gamma for goal in goals]).repeat_interleave(
            network.hidden_neurons, dim=0
        )
        self._output_gamma = template.new_tensor([network.output_goal]).expand(self.size * n_labels, -1)
        self._optimiser = torch.optim.Adam(
            [
                {
                    "params": self._hidden.parameters(),
                    "lr": training.hidden_learning_rate,
                    "weight_decay": training.hidden_weight_decay,
                },
                {
                    "params": self._output.parameters(),
                    "lr": training.output_learning_rate,
                    "weight_decay": training.output_weight_decay,
                },
            ],
            fused=True,
        )

    @torch.no_grad()
    def learn(self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"], step: int) -> None:
        """One step of every member on the same batch.

        The batch is presented twice; only the second presentation, with the lateral input that the first one caused,
        is learned from. Feedforward and context input do not change between the two.
        """
        one_hot = encode_labels(labels, self._n_labels).to(self._dtype)
        feedforward, context = self._hidden.feedforward.shared(images), self._hidden.context.shared(one_hot)
        first = self._first_presentation(feedforward, context, Purpose.FIRST_PRESENTATION, (step,))
        sources = feedforward, context, self._hidden.lateral.own(first)
        outputs, downhill = learn(sources, self._keys(Purpose.SECOND_PRESENTATION, (step,)), self._hidden_gamma)
        self._hidden.take(downhill, images, one_hot, first)

        drive = self._output.own(outputs)
        self._output.take_own(learn_output(drive, labels, self._output_gamma), outputs)
        self._optimiser.step()

    @torch.no_grad()
    def respond(self, images: Float[Tensor, "sample input"], step: Step) -> Float[Tensor, "member label sample"]:
        """Output neurons' firing probabilities without the label: the context comes from zeros.

        Args:
            images: Standardised images.
            step: Keys the sampled outputs; a step gives the same answer each time.
        """
        feedforward, context = self._hidden.feedforward.shared(images), self._hidden.context.bias
        first = self._first_presentation(feedforward, context, Purpose.FIRST_PRESENTATION_EVALUATED, step)
        sources = feedforward, context, self._hidden.lateral.own(first)
        outputs = fire(sources, self._keys(Purpose.SECOND_PRESENTATION_EVALUATED, step))
        return output_activation(self._output.own(outputs))

    @torch.no_grad()
    def finite(self) -> Bool[Tensor, " member"]:
        """Which members' weights are all finite."""
        parameters = [*self._hidden.parameters(), *self._output.parameters()]
        return torch.stack([p.isfinite().flatten(1).all(dim=1) for p in parameters]).all(dim=0)

    def _first_presentation(
        self, feedforward: Activity, context: Float[Tensor, "member neuron #sample"], purpose: Purpose, step: Step
    ) -> Activity:
        """Sampled outputs while the lateral input comes from zeros, so that it is the bias alone."""
        return fire((feedforward, context, self._hidden.lateral.bias), self._keys(purpose, step))

    def _keys(self, purpose: Purpose, step: Step) -> Keys:
        return member_keys(self._seeds, purpose, step)
