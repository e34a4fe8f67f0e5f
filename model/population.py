"""A population: K networks with goals and seeds of their own, trained in lock-step as one set of tensors."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn.functional import one_hot as encode_labels

from model.activation import trivariate_activation
from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal
from model.layers import Activity, HiddenLayer, OutputLayer
from model.randomness import MemberDraws, Purpose, Step

LEARNING = (Purpose.FIRST_PRESENTATION, Purpose.SECOND_PRESENTATION)
EVALUATION = (Purpose.FIRST_PRESENTATION_EVALUATED, Purpose.SECOND_PRESENTATION_EVALUATED)


class Population:
    """K networks of setup 1. A single network is a population of one.

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
        self.size = len(goals)
        self._n_labels = n_labels
        self._dtype = template.dtype
        self._draws = MemberDraws(seeds, template.device)
        self._hidden = HiddenLayer(seeds, network.hidden_neurons, n_inputs, n_labels, template)
        self._output = OutputLayer(seeds, n_labels, network.hidden_neurons, template)
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

    def learn(self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"], step: int) -> None:
        """One step of every member on the same batch.

        The batch is presented twice; only the second presentation, with the lateral input that the first one caused,
        is learned from. Feedforward and context input do not change between the two.
        """
        one_hot = self._one_hot(labels)
        feedforward = self._hidden.feedforward.shared(images.T)
        context = self._hidden.context.shared(one_hot)
        lateral, theta, outputs = self._present_twice(feedforward, context, LEARNING, (step,))
        drive = self._output.feedforward.own(outputs)
        theta_out = self._output.theta(drive)

        self._optimiser.zero_grad(set_to_none=False)
        self._hidden.learn((feedforward, context, lateral), theta, self._hidden_gamma)
        self._output.learn(drive, one_hot, theta_out, self._output_gamma)
        self._optimiser.step()

    @torch.no_grad()
    def respond(self, images: Float[Tensor, "sample input"], step: Step) -> Float[Tensor, "member label sample"]:
        """Output neurons' firing probabilities without the label: the context comes from zeros.

        Args:
            images: Standardised images.
            step: Keys the sampled outputs; a step gives the same answer each time.
        """
        feedforward = self._hidden.feedforward.shared(images.T)
        context = self._hidden.context.bias.expand(-1, -1, len(images))
        _, _, outputs = self._present_twice(feedforward, context, EVALUATION, step)
        return self._output.theta(self._output.feedforward.own(outputs))

    @torch.no_grad()
    def finite(self) -> Bool[Tensor, " member"]:
        """Which members' weights are all finite."""
        parameters = [*self._hidden.parameters(), *self._output.parameters()]
        return torch.stack([p.isfinite().flatten(1).all(dim=1) for p in parameters]).all(dim=0)

    def _present_twice(
        self, feedforward: Activity, context: Activity, purposes: tuple[Purpose, Purpose], step: Step
    ) -> tuple[Activity, Activity, Activity]:
        """Lateral input, firing probabilities and sampled outputs of the second presentation.

        The lateral input of the first one comes from zeros, so it is the bias alone.
        """
        with torch.no_grad():
            alone = trivariate_activation(feedforward, context, self._hidden.lateral.bias)
            first_outputs = self._sample(alone, purposes[0], step)
        lateral = self._hidden.lateral.own(first_outputs)
        theta = trivariate_activation(feedforward, context, lateral)
        return lateral, theta, self._sample(theta, purposes[1], step)

    @torch.no_grad()
    def _sample(self, theta: Activity, purpose: Purpose, step: Step) -> Activity:
        drawn = self._draws.uniform((theta.shape[1], theta.shape[2]), purpose, step, self._dtype)
        return torch.where(drawn < theta, 1.0, -1.0).to(self._dtype)

    def _one_hot(self, labels: Int64[Tensor, " sample"]) -> Float[Tensor, "label sample"]:
        return encode_labels(labels, self._n_labels).T.to(self._dtype)
