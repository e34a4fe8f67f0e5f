"""The operating system account that Postgres runs as."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from service.errors import EmbeddedPostgresError

NAME = "nobody"


@dataclass(frozen=True)
class Account:
    """An account other than our own."""

    name: str
    uid: int
    gid: int

    def may_pass(self, directory: Path) -> bool:
        """Whether the mode bits of `directory` let this account reach what is in it."""
        status = directory.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def server_account() -> Account | None:
    """The account to switch to: `nobody` for root, whom Postgres refuses; None to stay who we are.

    Raises:
        EmbeddedPostgresError: On a system without accounts of this kind, or without the account `nobody`.
    """
    if os.name != "posix":
        raise EmbeddedPostgresError(
            "The embedded Postgres runs on Linux and macOS only; set DATABASE_URL to a Postgres server of your own."
        )
    if os.geteuid() != 0:
        return None
    import pwd  # noqa: PLC0415 - absent on Windows, refused above

    try:
        entry = pwd.getpwnam(NAME)
    except KeyError as error:
        raise EmbeddedPostgresError(
            f"Postgres refuses to run as root and there is no user {NAME!r} to run it as; "
            "start as another user or set DATABASE_URL to a Postgres server of your own."
        ) from error
    return Account(NAME, entry.pw_uid, entry.pw_gid)
