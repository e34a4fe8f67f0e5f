"""The layers of networks, for a whole population at a time."""

from model.layers.fixed import FixedLayer
from model.layers.hidden import HiddenLayer
from model.layers.output import OutputLayer
from model.layers.place import Place, places
from model.layers.taught import TaughtLayer
from model.layers.wiring import View, Wiring

__all__ = ["FixedLayer", "HiddenLayer", "OutputLayer", "Place", "TaughtLayer", "View", "Wiring", "places"]
