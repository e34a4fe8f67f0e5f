"""Trainings written to files: to go on with, or to use the networks."""

from model.checkpoints.network import Evaluation, Network, load
from model.checkpoints.resuming import resume
from model.checkpoints.snapshot import Snapshot, save

__all__ = ["Evaluation", "Network", "Snapshot", "load", "resume", "save"]
