"""Where the embedded server is reached."""

from pathlib import Path

from service.errors import EmbeddedPostgresError
from service.storage.embedded.cluster import SUPERUSER
from service.storage.embedded.password import stored_password
from service.storage.embedded.port import ADDRESS, remembered_port

DATABASE = "infomorphic"


def url_at(directory: Path, port: int, database: str = DATABASE) -> str:
    """URL of a database of the server whose data are in `directory`, with the password."""
    return f"postgresql://{SUPERUSER}:{stored_password(directory)}@{ADDRESS}:{port}/{database}"


def last_url(directory: Path) -> str:
    """URL of the server that runs, or last ran, on the data in `directory`.

    Raises:
        EmbeddedPostgresError: If none ever did.
    """
    port = remembered_port(directory)
    if port is None:
        raise EmbeddedPostgresError(
            f"No Postgres server has been started in {directory} yet; start one: infomorphic up"
        )
    return url_at(directory, port)
