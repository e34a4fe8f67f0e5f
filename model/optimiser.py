"""The optimiser of a population, whose members may leave."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Int64
from torch import Tensor
from torch.optim import Adam

Group = tuple[Sequence[Tensor], float, float]
"""Parameters with a leading member axis, their learning rate, and the L2 penalty added to their gradient."""


def adam(groups: Sequence[Group]) -> Adam:
    """Adam in one pass over each tensor, which counts its steps where the parameters are.

    On GPUs it is one that CUDA graphs may capture: torch refuses to capture others, whatever they do.
    """
    options = [{"params": parameters, "lr": rate, "weight_decay": decay} for parameters, rate, decay in groups]
    return Adam(options, fused=True, capturable=groups[0][0][0].is_cuda)


def carry_over(
    before: Adam, parameters: Sequence[Tensor], after: Adam, kept: Sequence[Tensor], members: Int64[Tensor, " member"]
) -> None:
    """Go on with the moments and steps of some members.

    Args:
        before: The optimiser of all members.
        parameters: What it moves.
        after: A new optimiser, of those who stay.
        kept: What it moves, in the same order.
        members: Positions of those who stay among all.
    """
    for parameter, own in zip(parameters, kept, strict=True):
        after.state[own] = {
            name: value[members] if value.dim() else value for name, value in before.state[parameter].items()
        }


def memory(optimiser: Adam, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What Adam remembers of each parameter: its steps and moments themselves, as in `adam.NAME.exp_avg`.

    Args:
        optimiser: Of these parameters.
        parameters: By name.
    """
    for parameter in parameters.values():
        if not optimiser.state[parameter]:  # what Adam itself would make at its first step
            optimiser.state[parameter] = {
                "step": torch.zeros((), device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, requires_grad=False),
                "exp_avg_sq": torch.zeros_like(parameter, requires_grad=False),
            }
    return {
        f"adam.{name}.{what}": value
        for name, parameter in parameters.items()
        for what, value in optimiser.state[parameter].items()
    }
