"""Colours that colour-blind readers tell apart, and scales of them that keep their order in print."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

BLUE, VERMILION, GREEN, ORANGE = "#0072b2", "#d55e00", "#009e73", "#e69f00"
SKY, PURPLE, BLACK, GREY = "#56b4e9", "#b0528a", "#000000", "#6b6b6b"
"""Okabe and Ito 2008, the purple a little darker, without the yellow, which a page swallows."""

PALE, PALE_BLUE = "#d9d9d9", "#cfe3f1"

_RED_TO_BLUE = (
    *("#67001f", "#b2182b", "#d6604d", "#f4a582", "#fddbc7", "#f7f7f7"),
    *("#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061"),
)
_YELLOW_TO_BLUE = ("#e9d65b", "#c5b36c", "#a49876", "#878479", "#6f7075", "#575d6d", "#3b496c", "#123570", "#00224e")


@dataclass(frozen=True)
class Scale:
    """Which colour a number has.

    Attributes:
        anchors: Colours at equal distances, from the lowest number to the highest; those between are mixed.
        label: What the numbers are.
    """

    anchors: Sequence[str]
    low: float
    high: float
    label: str

    def colour(self, value: float) -> str:
        """The colour of a number; one outside has that of the end."""
        share = (min(self.high, max(self.low, value)) - self.low) / (self.high - self.low)
        place = share * (len(self.anchors) - 1)
        below, above = list(pairwise(self.anchors))[min(int(place), len(self.anchors) - 2)]
        part = place - min(int(place), len(self.anchors) - 2)
        mixed = (round(a + part * (b - a)) for a, b in zip(_parts(below), _parts(above), strict=True))
        return "#" + "".join(f"{channel:02x}" for channel in mixed)

    @classmethod
    def of_weights(cls) -> "Scale":
        """Red for −1, white for 0, blue for 1."""
        return cls(_RED_TO_BLUE, -1.0, 1.0, "weight γ")

    @classmethod
    def of_values(cls, values: Sequence[float], label: str) -> "Scale":
        """Pale yellow for the lowest, dark blue for the highest of some numbers, of which there is one at least."""
        low, high = min(values), max(values)
        return cls(_YELLOW_TO_BLUE, low, high if high > low else low + 1e-3, label)


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read on a colour."""
    red, green, blue = _parts(colour)
    return BLACK if 0.299 * red + 0.587 * green + 0.114 * blue > 130 else "#ffffff"


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
