"""A population: K networks with goals and seeds of their own, trained in lock-step as one set of tensors."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.optim import Adam

from model.activation import output_activation
from model.config import NetworkConfig, TrainingConfig
from model.goal import BIVARIATE, TRIVARIATE, Goal
from model.layers import HiddenLayer, LinearMaps, member_generators
from model.memory import keep_freed_memory
from model.neurons import Activity, fire, learn, learn_output
from model.optimiser import adam, carry_over
from model.pid import Objective
from model.randomness import Draw, Purpose, evaluation_step, member_keys


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
        self._keys = member_keys(seeds).to(template.device)
        self._step = torch.zeros((), dtype=torch.int64, device=template.device)
        self._classes = torch.arange(n_labels, device=template.device)
        self._dtype = template.dtype
        self._hidden = HiddenLayer(seeds, network, n_inputs, n_labels, template)
        generators = member_generators(seeds, layer=1)
        self._output = LinearMaps.initialised(generators, n_labels, network.hidden_neurons, template)
        gamma = torch.tensor([goal.gamma for goal in goals], dtype=torch.float64).to(template)
        self._hidden_objective = Objective.of(gamma.repeat_interleave(network.hidden_neurons, dim=0), TRIVARIATE)
        output_gamma = torch.tensor([network.output_goal], dtype=torch.float64).to(template)
        self._output_objective = Objective.of(output_gamma.expand(self.size * n_labels, -1), BIVARIATE)
        self._training = training
        self._optimiser = self._adam()

    @torch.no_grad()
    def learn(self, images: Float[Tensor, "sample input"], labels: Int64[Tensor, " sample"]) -> None:
        """One step of every member on the same batch.

        The batch is presented twice; only the second presentation, with the lateral input that the first one caused,
        is learned from. Feedforward and context input do not change between the two.
        """
        one_hot = (labels[:, None] == self._classes).to(self._dtype)
        feedforward, context = self._hidden.feedforward.shared(images), self._hidden.context.shared(one_hot)
        first = self._first_presentation(feedforward, context, self._draw(Purpose.FIRST_PRESENTATION, self._step))
        sources = feedforward, context, self._hidden.lateral.own(first)
        outputs, downhill = learn(sources, self._draw(Purpose.SECOND_PRESENTATION, self._step), self._hidden_objective)
        self._hidden.take(downhill, images, one_hot, first)

        drive = self._output.own(outputs)
        self._output.take_own(learn_output(drive, labels, self._output_objective), outputs)
        self._optimiser.step()
        self._step += 1

    @torch.no_grad()
    def respond(
        self, images: Float[Tensor, "sample input"], when: tuple[int, int]
    ) -> Float[Tensor, "member label sample"]:
        """Output neurons' firing probabilities without the label: the context comes from zeros.

        Args:
            images: Standardised images.
            when: Epoch and batch of the evaluation; they key the sampled outputs, and give the same answer each time.
        """
        step = torch.full_like(self._step, evaluation_step(*when))
        feedforward, context = self._hidden.feedforward.shared(images), self._hidden.context.bias
        first = self._first_presentation(feedforward, context, self._draw(Purpose.FIRST_PRESENTATION_EVALUATED, step))
        sources = feedforward, context, self._hidden.lateral.own(first)
        outputs = fire(sources, self._draw(Purpose.SECOND_PRESENTATION_EVALUATED, step))
        return output_activation(self._output.own(outputs))

    @torch.no_grad()
    def keep(self, positions: Sequence[int]) -> None:
        """Let all members but these go, so that a step costs what those who stay cost; they go on as they would have.

        Args:
            positions: Of those who stay, in ascending order; at least one.
        """
        members = torch.tensor(positions, device=self._step.device)
        optimiser, parameters = self._optimiser, self._parameters()
        self._hidden.keep(members)
        self._output = self._output.keep(members)
        self._hidden_objective = self._hidden_objective.keep(members, self.size)
        self._output_objective = self._output_objective.keep(members, self.size)
        self._keys = self._keys[members]
        self.size = len(positions)
        self._optimiser = self._adam()
        carry_over(optimiser, parameters, self._optimiser, self._parameters(), members)

    @torch.no_grad()
    def finite(self) -> Bool[Tensor, " member"]:
        """Which members' weights are all finite."""
        return torch.stack([p.isfinite().flatten(1).all(dim=1) for p in self._parameters()]).all(dim=0)

    def _first_presentation(
        self, feedforward: Activity, context: Float[Tensor, "member neuron #sample"], draw: Draw
    ) -> Activity:
        """Sampled outputs while the lateral input comes from zeros, so that it is the bias alone."""
        return fire((feedforward, context, self._hidden.lateral.bias), draw)

    def _draw(self, purpose: Purpose, step: Int64[Tensor, ""]) -> Draw:
        return Draw(self._keys, purpose, step)

    def _parameters(self) -> list[Tensor]:
        return [*self._hidden.parameters(), *self._output.parameters()]

    def _adam(self) -> Adam:
        hidden, output = self._hidden.parameters(), self._output.parameters()
        rates = self._training
        return adam(
            [
                (hidden, rates.hidden_learning_rate, rates.hidden_weight_decay),
                (output, rates.output_learning_rate, rates.output_weight_decay),
            ]
        )
