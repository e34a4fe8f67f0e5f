"""Data sets once on each node, in Ray's object store, for all workers on it."""

import logging
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from model.data import Split, load

KEPT = 2
"""Splits that a node keeps, those used last."""

logger = logging.getLogger(__name__)


class Keeper:
    """An actor that loads data sets, and keeps them in its node's object store."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def split(self, dataset: str, data_dir: Path, validation_fraction: float, data_seed: int) -> list[Any]:
        """A reference to the split, in a list so that Ray passes it on instead of what it refers to."""
        key = (dataset, data_dir, validation_fraction, data_seed)
        if key not in self._kept:
            self._kept[key] = ray.put(load(dataset, data_dir).split(validation_fraction, data_seed))
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return [self._kept[key]]


class NodeData:
    """What a worker in a Ray cluster gets its data from: arrays in memory that all workers of its node share."""

    def __init__(self) -> None:
        # Nobody writes to them; torch warns of each.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        self._keeper = _keeper_of_this_node()

    def split(self, dataset: str, data_dir: Path, validation_fraction: float, data_seed: int) -> Split:
        """A data set's training part, split; as `model.data` has it, and raising what it raises."""
        try:
            return self._ask(dataset, data_dir, validation_fraction, data_seed)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None  # as it was raised, without the keeper's traceback in its message
        except ray.exceptions.RayError as error:  # it died: start another
            logger.warning("the keeper of this node's data died: %s", str(error).splitlines()[0])
            self._keeper = _keeper_of_this_node()
            return self._ask(dataset, data_dir, validation_fraction, data_seed)

    def _ask(self, *arguments: Any) -> Split:  # noqa: ANN401 - passed on
        (reference,) = ray.get(self._keeper.split.remote(*arguments))
        split: Split = ray.get(reference)
        return split


def _keeper_of_this_node() -> Any:  # noqa: ANN401 - Ray's handles are not typed
    """The keeper that another worker started, or a new one; it ends with who started it."""
    node = ray.get_runtime_context().get_node_id()
    keeper = ray.remote(Keeper).options(
        name=f"data of {node}",
        get_if_exists=True,
        num_cpus=0,
        scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
    )
    return keeper.remote()
