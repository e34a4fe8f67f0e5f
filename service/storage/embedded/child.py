"""How the programs of Postgres are started: as which account, and so that they never outlive us."""

import os
from pathlib import Path
from typing import Any

from service.lifeline import end_with
from service.storage.embedded.account import Account


def child_options(directory: Path, account: Account | None) -> dict[str, Any]:
    """Arguments for `subprocess` under which a program of Postgres runs as `account` in `directory`.

    The environment is emptied, since PGPORT, PGDATA and their like would change what the programs do. A session of
    its own keeps Ctrl-C at the terminal from reaching the server before its supervisor stops it in order. It gets
    SIGINT, to Postgres a fast shutdown, when we die.
    """
    return {
        "cwd": directory,
        "env": {"LC_ALL": "C", "PATH": os.defpath},
        "user": account.uid if account else None,
        "group": account.gid if account else None,
        "extra_groups": [] if account else None,
        "start_new_session": True,
        "preexec_fn": end_with(os.getpid()),
    }
