"""Tensors filled with what others like them hold."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


@torch.no_grad()
def fill(own: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> None:
    """Copy tensors into those of the same names; none is touched if any does not fit.

    Args:
        own: Tensors to write to.
        others: One of the same shape and dtype for each.

    Raises:
        ValueError: If a tensor is missing, has nowhere to go, is of another shape or dtype, or names neurons that there
            are not.
    """
    if missing := sorted(own.keys() - others.keys()):
        raise ValueError(f"has no tensor {_few(missing)}")
    if unknown := sorted(others.keys() - own.keys()):
        raise ValueError(f"has tensors that the network has not: {_few(unknown)}")
    for name, tensor in own.items():
        expected, found = ((list(t.shape), str(t.dtype).removeprefix("torch.")) for t in (tensor, others[name]))
        if found != expected:
            raise ValueError(f"{name} has the shape {found[0]} of {found[1]}; expected {expected[0]} of {expected[1]}")
        # Compiled loops look up what these say without asking.
        if name.endswith(".sources") and not ((others[name] >= 0) & (others[name] < tensor.shape[1])).all():
            raise ValueError(f"{name} names neurons outside of the layer; expected 0 to {tensor.shape[1] - 1}")
    for name, tensor in own.items():
        tensor.copy_(others[name])


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
