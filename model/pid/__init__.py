"""Partial information decomposition by shared exclusions, estimated from a batch, in its sparse form.

Only cells that hold a sample have probability, so sums over all cells are sums over samples.
"""

from model.pid.atoms import atoms, redundancies
from model.pid.gradient import goal_gradient
from model.pid.objective import Objective

__all__ = ["Objective", "atoms", "goal_gradient", "redundancies"]
