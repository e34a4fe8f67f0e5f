"""The science: infomorphic networks, their goals and the information decomposition they maximise.

`model.train` trains a network outside of any study, `model.load` loads one from a checkpoint.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.checkpoints import load
    from model.downstream import train

__all__ = ["load", "train"]

# Between two products torch's idle threads would spin for milliseconds on the cores that the compiled loops need: a
# quarter of a step's time. Read when torch is loaded; whoever sets it otherwise knows better.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def __getattr__(name: str) -> object:
    # Torch takes seconds to import, and the service, which needs goals and configurations, does without.
    where = {"load": "model.checkpoints", "train": "model.downstream"}
    if name in where:
        return getattr(import_module(where[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
