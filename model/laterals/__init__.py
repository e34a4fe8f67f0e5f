"""Lateral connections: whom of its own layer a neuron hears.

Limited ones are compiled for float32 on the CPU; a torch backend computes them on every device and in every float type.
"""

from model.laterals.full import FullLaterals
from model.laterals.limited import LimitedLaterals, connections

__all__ = ["FullLaterals", "LimitedLaterals", "connections"]
