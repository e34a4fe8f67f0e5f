"""Whether anything can be computed on a device."""

import torch

from model.errors import DeviceError


def check_device(device: torch.device | str) -> None:
    """Check that tensors can be made there, and that random numbers can be drawn.

    Raises:
        DeviceError: If not.
    """
    try:
        torch.zeros(1, device=device)
        torch.Generator(device)
    except (RuntimeError, AssertionError) as error:  # the latter is what a torch without CUDA says
        raise DeviceError(f"cannot compute on {str(device)!r}: {str(error).splitlines()[0]}") from error
