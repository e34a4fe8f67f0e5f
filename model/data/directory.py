"""Where data sets are kept when nobody says otherwise."""

from pathlib import Path

from platformdirs import user_data_path

DIRECTORY_VARIABLE = "INFOMORPHIC_DATA_DIR"
"""Environment variable that names another directory."""


def default_directory() -> Path:
    """The user's own data directory for this program."""
    return user_data_path("infomorphic") / "data"
