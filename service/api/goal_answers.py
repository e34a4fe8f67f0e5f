"""Goals as answers in the formats of goal files."""

from pathlib import Path
from typing import Literal

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from model.goal import Goals
from model.goal_files import file_content
from service.api.files import attachment
from service.api.negotiation import preferred

FormatName = Literal["json", "yaml", "hydra", "npy"]

VARY = {"Vary": "Accept"}

JSON = "application/json"

FORMATS: dict[str, FormatName] = {
    JSON: "json",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "application/x-hydra+yaml": "hydra",
    "application/x-npy": "npy",
}
"""What each media type stands for; the first of a format is its usual one."""

ENDINGS: dict[FormatName, str] = {"json": ".json", "yaml": ".yaml", "hydra": ".yaml", "npy": ".npy"}

FILES = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in FORMATS if media_type != JSON}
"""The formats as OpenAPI has an answer's content, JSON aside."""


def media_type_for(request: Request, asked: FormatName | None, goals: Goals) -> str:
    """The media type of an answer with these goals: of the format that is asked for, or else as Accept says.

    Raises:
        HTTPException: 406, if there is none that is wanted. Without goals there is only JSON.
    """
    offered = [media_type for media_type in FORMATS if goals or media_type == JSON]
    if asked is not None:
        found = next((media_type for media_type in offered if FORMATS[media_type] == asked), None)
    else:
        found = preferred(",".join(request.headers.getlist("accept")), offered)
    if found is None:
        why = "" if goals else ": the network's hidden layers have no goals, and no file holds none"
        wanted = "what Accept names" if asked is None else f"the format {asked}"
        raise HTTPException(406, f"there is no answer in {wanted}{why}; there is {', '.join(offered)}", VARY)
    return found


def as_goal_file(study: str, goals: Goals, media_type: str) -> Response:
    """The best goal of a study as a file to be saved, byte by byte as `infomorphic goal convert` writes it.

    Args:
        study: Its name, which is the file's too.
        goals: One for all hidden layers or one for each, of one kind.
        media_type: One of FORMATS.
    """
    written_as = FORMATS[media_type]
    name = f"{study}{ENDINGS[written_as]}"
    return attachment(name, media_type, file_content(Path(name), goals, hydra=written_as == "hydra"), VARY)
