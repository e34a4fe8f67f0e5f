"""Making and upgrading the tables: ours by Alembic, Optuna's by Optuna."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.schema import CreateSchema

from service.errors import SchemaVersionError
from service.storage.database import OPTUNA_SCHEMA, SCHEMA, connect
from service.storage.optuna_storage import open_storage, quiet_optuna

MIGRATION_LOCK = 0x696E666F
"""Key of the advisory lock that lets only one process migrate at a time."""


def migrate(url: str) -> None:
    """Bring both schemas to this version; does nothing where they are.

    Raises:
        sqlalchemy.exc.OperationalError: If the server cannot be reached.
    """
    quiet_optuna()
    engine = connect(url)
    try:
        with engine.connect() as guard:
            guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            guard.commit()
            _upgrade(engine)
            storage = open_storage(url, create_tables=True)
            if storage.get_current_version() != storage.get_head_version():
                storage.upgrade()
            storage.remove_session()
            storage.engine.dispose()
    finally:
        engine.dispose()


def _upgrade(engine: Engine) -> None:
    with engine.begin() as connection:
        for schema in (SCHEMA, OPTUNA_SCHEMA):
            connection.execute(CreateSchema(schema, if_not_exists=True))
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> Config:
    """Alembic's configuration: the migrations are a package, there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    return config


def head_revision() -> str | None:
    """The revision that this version of the software needs."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def check_version(connection: Connection) -> None:
    """Make sure that our tables are of this version.

    Raises:
        SchemaVersionError: If they are older, newer or not there.
    """
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    found, expected = context.get_current_revision(), head_revision()
    if found != expected:
        raise SchemaVersionError(
            f"the database's tables are at revision {found}, this version needs {expected}: run `infomorphic migrate`"
        )
