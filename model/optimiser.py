"""The optimiser of a population."""

from collections.abc import Sequence

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
