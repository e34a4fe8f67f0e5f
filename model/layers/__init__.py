"""The layers of networks, for a whole population at a time."""

from model.layers.fixed import FixedLayer
from model.layers.hidden import HiddenLayer
from model.layers.output import OutputLayer
from model.layers.place import Place, places
from model.layers.stack import Deed, Stack
from model.layers.taught import TaughtLayer

__all__ = ["Deed", "FixedLayer", "HiddenLayer", "OutputLayer", "Place", "Stack", "TaughtLayer", "places"]
