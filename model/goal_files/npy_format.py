"""Goals as one NumPy array, read without unpickling anything."""

import io
from typing import Any

import numpy as np

from model.goal import Goals


def parse(content: bytes) -> list[Any]:
    """The weights in an array of the shape (term,) or (layer, term).

    Raises:
        ValueError: If it is no such array of numbers, or one is no float64.
    """
    file = io.BytesIO(content)
    try:
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # numpy parses a damaged header as Python, and says what is wrong with it in many ways
        raise ValueError(f"not a .npy array of numbers: {error}") from error
    if file.read(1):
        raise ValueError("it is longer than its header says")
    if array.dtype.kind not in "fiu" or array.ndim not in {1, 2}:
        raise ValueError(
            f"expected float64 of the shape (term,) or (layer, term); got {array.dtype} of the shape {array.shape}"
        )
    with np.errstate(all="ignore"):
        weights = array.astype(np.float64)
    if not np.array_equal(weights, array, equal_nan=True):
        raise ValueError(f"expected float64; got {array.dtype} with weights that are no float64")
    listed: list[Any] = weights.tolist()
    return listed


def dump(goals: Goals) -> bytes:
    """An array of the shape (term,), or (layer, term) for several layers."""
    file = io.BytesIO()
    weights = [goal.gamma for goal in goals]
    np.save(file, np.array(weights[0] if len(weights) == 1 else weights, dtype=np.float64), allow_pickle=False)
    return file.getvalue()
