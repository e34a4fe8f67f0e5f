"""Where the embedded server keeps its data, and the making of that place."""

import os
from pathlib import Path

from platformdirs import user_data_path

from service.errors import EmbeddedPostgresError
from service.storage.embedded.account import Account

VARIABLE = "INFOMORPHIC_STATE_DIR"


def state_directory() -> Path:
    """`$INFOMORPHIC_STATE_DIR` if set, /var/lib/infomorphic for root, the platform's data directory for a user."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).expanduser().absolute()
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/infomorphic")
    return user_data_path("infomorphic", appauthor=False)


def prepare_directory(directory: Path, account: Account | None) -> None:
    """Make `directory` and its missing parents so that the server's account can pass through them.

    What exists already is left as it is: opening somebody's private directory is not ours to decide.

    Raises:
        EmbeddedPostgresError: If `account` cannot pass through `directory` or one of its parents.
        OSError: If a directory cannot be made.
    """
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o711 if account else 0o700)
    if account is None:
        return
    for path in (*reversed(directory.parents), directory):
        if not account.may_pass(path):
            raise EmbeddedPostgresError(
                f"Postgres refuses to run as root, so it runs as user {account.name!r}, who may not pass through "
                f"{path} to its data in {directory}. Set ${VARIABLE} to a directory below places open to all "
                f"(such as /var/lib/infomorphic), or run `chmod o+x {path}`."
            )
