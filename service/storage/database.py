"""Connections to Postgres."""

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.errors import SettingsError

SCHEMA = "infomorphic"
"""Postgres schema of our own tables."""

EXPECTED = "postgresql://user:password@host:port/database"

OPTUNA_SCHEMA = "optuna"
"""Postgres schema of Optuna's tables, apart because both keep a table `alembic_version`."""


def parse_url(url: str) -> URL:
    """A database URL with the driver we use.

    Raises:
        SettingsError: If it is not the URL of a Postgres database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Without the cause, which may quote a part of the password.
        raise SettingsError(f"DATABASE_URL is not a URL; expected {EXPECTED}") from None
    if parsed.drivername not in {"postgres", "postgresql", "postgresql+psycopg2"} or not parsed.database:
        raise SettingsError(
            f"DATABASE_URL must be {EXPECTED}; got {'one for' if parsed.database else 'no database, for'} "
            f"{parsed.drivername}"
        )
    # SQLAlchemy would read a plain postgresql:// as another driver.
    return parsed.set(drivername="postgresql+psycopg2")


def in_schema(url: URL, schema: str) -> URL:
    """A URL under which this schema is the default one and the clock is UTC; its own options are kept."""
    own = url.query.get("options", "")
    options = (*(own if isinstance(own, tuple) else (own,)), f"-csearch_path={schema}", "-ctimezone=UTC")
    return url.update_query_dict({"options": " ".join(options).strip(), "application_name": f"infomorphic-{schema}"})


CONNECTION_OPTIONS = {
    "connect_timeout": 5,
    # Without these, a server that vanishes from the network leaves whoever waits for it waiting for many minutes.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""How every connection is made and watched: seconds, but for the last, which is in milliseconds."""


def says_server_is_away(error: BaseException) -> bool:
    """Whether an error says that the server cannot serve now, itself or, as Optuna has it, as its cause."""
    for e in (error, error.__cause__):
        # Optuna goes on with a session whose connection broke; what broke it is then only the context.
        broke = e.__context__ if isinstance(e, PendingRollbackError) else e
        if isinstance(broke, OperationalError | InterfaceError | PoolTimeoutError):
            return True
    return False


def connect(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for our own tables. It connects when first used, and again after the server was away.

    Args:
        url: A Postgres URL.
        pool_size: Connections kept; as many again may be open for a moment.
    """
    return create_engine(
        # Our tables are named with their schema. The default must be another: Postgres' own default is a schema of the
        # user's name, which may be ours.
        in_schema(parse_url(url), "public"),
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args=CONNECTION_OPTIONS,
    )
