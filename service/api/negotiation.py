"""Which of several media types an answer has, by the request's Accept header.

Source: RFC 9110, section 12.5.1.
"""

import re
from collections.abc import Mapping, Sequence

QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """The media type that is wanted most, the first of equals; None if none is wanted at all.

    Parameters other than q are not looked at, and what is no media range is passed over.

    Args:
        accept: The header; anything will do if it is empty.
        offered: Media types in small letters, one at least, the usual one first.
    """
    qualities = _qualities(accept) if accept.strip() else {"*/*": 1.0}
    best = max(offered, key=lambda media_type: _quality(media_type, qualities))
    return best if _quality(best, qualities) > 0 else None


def _quality(media_type: str, qualities: Mapping[str, float]) -> float:
    """What the narrowest range says that a media type is in."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((qualities[each] for each in ranges if each in qualities), 0.0)


def _qualities(accept: str) -> dict[str, float]:
    found = {}
    for element in accept.lower().split(","):
        media_range, *parameters = (part.strip() for part in element.split(";"))
        given = [
            value.strip() for name, _, value in (part.partition("=") for part in parameters) if name.strip() == "q"
        ]
        quality = given[0] if given else "1"
        if "/" in media_range and QUALITY.fullmatch(quality):
            found[media_range] = float(quality)
    return found
