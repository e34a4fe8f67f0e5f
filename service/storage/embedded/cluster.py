"""The making of a data directory with initdb."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from service.errors import EmbeddedPostgresError
from service.storage.embedded.account import Account
from service.storage.embedded.binaries import MAJOR_VERSION
from service.storage.embedded.child import child_options
from service.storage.embedded.password import stored_password

SUPERUSER = "infomorphic"
UNFINISHED = "initializing-"
TIMEOUT = 300.0  # seconds


def ensure_cluster(directory: Path, programs: Path, account: Account | None, *, durable: bool) -> Path:
    """The data directory within `directory`, made if there is none yet. The caller holds the lock of `directory`.

    It is made under another name and renamed when whole, so that one killed in the middle is simply made again.
    It outlasts a power failure if `durable`.

    Raises:
        EmbeddedPostgresError: If the data belong to another major version or their password is lost, or initdb fails.
        OSError: If something cannot be read or written.
    """
    for leftover in directory.glob(f"{UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)  # a dying initdb may be removing it too
    data = directory / "data"
    if data.exists():
        _check(data)
        return data
    work = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=directory))
    try:
        _initialize(work, stored_password(directory), programs, account, [] if durable else ["--no-sync"])
        (work / data.name).rename(data)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _sync(directory)
    return data


def _check(data: Path) -> None:
    version_file = data / "PG_VERSION"
    found = version_file.read_text().strip() if version_file.exists() else None
    if found is None:
        raise EmbeddedPostgresError(f"{data} holds no Postgres data; move it away to let a new server be made there.")
    if found != str(MAJOR_VERSION):
        raise EmbeddedPostgresError(
            f"{data} was written by Postgres {found}, but this release has Postgres {MAJOR_VERSION}. Dump it with the "
            f"release that wrote it and restore the dump, or move {data} away to begin anew."
        )
    if not (data.parent / "password").exists():
        raise EmbeddedPostgresError(f"The password file {data.parent / 'password'} is gone; restore it from a backup.")


def _initialize(work: Path, password: str, programs: Path, account: Account | None, extra: list[str]) -> None:
    """Run initdb into `work`/data.

    Raises:
        EmbeddedPostgresError: If initdb fails, with what it said.
    """
    password_file = work / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if account is not None:
        os.chown(work, account.uid, account.gid)
        os.chown(password_file, account.uid, account.gid)
    command = [
        str(programs / "initdb"),
        f"--pgdata={work / 'data'}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        *extra,
    ]
    options = child_options(work, account)
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=TIMEOUT, **options
        )
    except subprocess.TimeoutExpired as error:
        raise EmbeddedPostgresError(f"initdb did not finish in {work} within {TIMEOUT:.0f} seconds.") from error
    if done.returncode != 0:
        raise EmbeddedPostgresError(f"initdb failed in {work} (status {done.returncode}):\n{done.stderr.strip()}")


def _sync(directory: Path) -> None:
    """Make the renaming in `directory` outlast a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
