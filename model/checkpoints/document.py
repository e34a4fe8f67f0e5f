"""The JSON document of a checkpoint: what was trained, how, on what, and how far. Free of torch."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from model.config import NetworkConfig, Seed, Strict, TrainingConfig, Weight
from model.data import Dataset
from model.errors import CheckpointError, UnfitDataError
from model.goal import Goal, Goals, goals_of_layers

VERSION = 1
"""Of the format that is written, and the only one that is read."""

Dtype = Literal["float32", "float64"]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=0)]


class DataDescription(Strict):
    """The data set that networks were trained on, as far as they depend on it.

    Attributes:
        name: Its name.
        n_inputs: Pixels of an image.
        n_classes: Classes.
        mean: What the images were standardised by, in the unit of the raw pixels: what is 0.
        deviation: What is 1.
        digest: The sha256 of the raw training images and their labels, in hexadecimal.
    """

    name: str
    n_inputs: Annotated[int, Field(strict=True, ge=1)]
    n_classes: Annotated[int, Field(strict=True, ge=1)]
    mean: Real
    deviation: Annotated[Real, Field(gt=0)]
    digest: str

    def check_fits(self, data: Dataset) -> None:
        """Check that networks can look at a data set.

        Raises:
            UnfitDataError: If its images or classes are others.
        """
        if (data.n_pixels, data.n_classes) != (self.n_inputs, self.n_classes):
            raise UnfitDataError(
                f"the checkpoint's network has {self.n_inputs} inputs and {self.n_classes} classes; the data set "
                f"{data.name} has {data.n_pixels} pixels an image and {data.n_classes} classes"
            )


class Description(Strict):
    """Where a training stands, all but its tensors.

    Attributes:
        software: Version of the package that wrote it.
        network: The network, the same for all members.
        training: How it is trained.
        goals: For each member the goal of each hidden layer, by terms.
        seeds: Each member's seed.
        members: Those still in training, by their positions among the goals, ascending.
        epochs: Epochs trained.
        data: What on.
        dtype: Floating type that it computes in.
    """

    software: str
    network: NetworkConfig
    training: TrainingConfig
    goals: Annotated[tuple[tuple[dict[str, Weight], ...], ...], Field(min_length=1)]
    seeds: tuple[Seed, ...]
    members: Annotated[tuple[Count, ...], Field(min_length=1)]
    epochs: Count
    data: DataDescription
    dtype: Dtype

    @property
    def goals_by_member(self) -> tuple[Goals, ...]:
        """For each member the goal of each hidden layer."""
        return tuple(tuple(Goal.of(goal, self.network.kind) for goal in goals) for goals in self.goals)

    @model_validator(mode="after")
    def _each_member_is_whole(self) -> "Description":
        for goals in self.goals_by_member:
            goals_of_layers(goals, self.network.kind, self.network.n_goals)
        if len(self.seeds) != len(self.goals):
            raise ValueError(f"expected a seed for each of {len(self.goals)} members; got {len(self.seeds)} seeds")
        if list(self.members) != sorted(set(self.members)) or self.members[-1] >= len(self.goals):
            raise ValueError(f"members: expected some of 0 to {len(self.goals) - 1}, ascending; got {self.members}")
        return self


class TensorFile(Strict):
    """Where the tensors are.

    Attributes:
        name: Of a file beside the document.
        sha256: Of its content, in hexadecimal.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Document(Description):
    """A description, and where its tensors are."""

    tensors: TensorFile

    def dumps(self) -> str:
        """The document as JSON, with its version and a checksum."""
        content = {"version": VERSION, **self.model_dump(mode="json")}
        return json.dumps({**content, "checksum": _checksum(content)}, ensure_ascii=False, indent=2) + "\n"


def parse(text: str, path: Path) -> Document:
    """Read what `Document.dumps` wrote.

    Args:
        text: The document.
        path: The file to name in an error.

    Raises:
        CheckpointError: If it is something else, of another version, or damaged.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: is no JSON document: {error}") from error
    if not isinstance(content, dict) or "version" not in content:
        raise CheckpointError(f"{path}: is no checkpoint's document: expected an object with a version")
    if (version := content["version"]) != VERSION or isinstance(version, bool):
        raise CheckpointError(f"{path}: is of version {version!r}, this software reads version {VERSION}")
    if not isinstance(checksum := content.pop("checksum", None), str):
        raise CheckpointError(f"{path}: checksum: expected a sha256 in hexadecimal")
    try:
        document = Document.model_validate({name: value for name, value in content.items() if name != "version"})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        raise CheckpointError(f"{path}: {field}: {message}" if field else f"{path}: {message}") from error
    if checksum != _checksum(content):
        raise CheckpointError(f"{path}: has been damaged or edited: its checksum is not that of its content")
    return document


def _checksum(content: Mapping[str, Any]) -> str:
    """The sha256 of the content, however it is spaced and ordered."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
