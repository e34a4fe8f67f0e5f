"""Where a weight is searched, as a lab writes it: a range, or a number that it is fixed to."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Discriminator, Tag, model_validator

from model.config import Strict, Weight

NARROWEST = 1e-9
"""Least width of a range: samplers compute with differences and their squares."""


class Range(Strict):
    """Where a weight is searched, both ends included."""

    low: Weight = -1.0
    high: Weight = 1.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.high - self.low < NARROWEST:
            raise ValueError(f"low must be less than high, by {NARROWEST} at least; got [{self.low}, {self.high}]")
        return self


def _range_or_number(value: object) -> str | None:
    if isinstance(value, Range | Mapping):
        return "range"
    return "fixed" if isinstance(value, int | float) and not isinstance(value, bool) else None


SearchedOrFixed = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Weight, Tag("fixed")],
    Discriminator(
        _range_or_number,
        custom_error_type="range_or_number",
        custom_error_message='expected {"low": ..., "high": ...} inside [-1, 1], or a fixed number in [-1, 1]',
    ),
]


def check_inside(subject: str, weight: float, bounds: Range | float, hint: str) -> None:
    """Check that a weight is where it may be.

    Args:
        subject: What to call it in an error, with its value.
        weight: The weight.
        bounds: Its range, or what it is fixed to.
        hint: What to add to an error where it is fixed.

    Raises:
        ValueError: If it is not.
    """
    if isinstance(bounds, Range):
        if not bounds.low <= weight <= bounds.high:
            raise ValueError(f"{subject}, outside its range [{bounds.low}, {bounds.high}]")
    elif weight != bounds:
        raise ValueError(f"{subject}, but the search space fixes it to {bounds}{hint}")
