"""The two halves of what is stored, opened together: our tables and Optuna's."""

from contextlib import suppress
from dataclasses import dataclass

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage, get_storage
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError

from service.errors import SchemaVersionError
from service.storage.database import connect
from service.storage.optuna_storage import open_storage, quiet_optuna
from service.storage.schema import check_version


@dataclass(frozen=True)
class Store:
    """Connections of one process to the database; threads may share it.

    Attributes:
        engine: Our tables.
        trials: Optuna's, with its cache of finished trials, without which every look would read all of them again.
        tables: Optuna's, without the cache.
    """

    engine: Engine
    trials: BaseStorage
    tables: RDBStorage

    @classmethod
    def open(cls, url: str, *, pool_size: int = 5) -> "Store":
        """Open both.

        Raises:
            ValueError: If the URL is not that of a Postgres database.
            SchemaVersionError: If the database has not been migrated to this version.
            sqlalchemy.exc.OperationalError: If the server cannot be reached.
        """
        quiet_optuna()
        engine = connect(url, pool_size=pool_size)
        try:
            with engine.connect() as connection:
                check_version(connection)
            tables = _open_tables(url, pool_size)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, get_storage(tables), tables)

    def optuna_study(self, name: str) -> optuna.Study:
        """Optuna's half of a study.

        Raises:
            KeyError: If it has been deleted.
        """
        return optuna.load_study(study_name=name, storage=self.trials)

    def forget(self, number: int) -> None:
        """Drop what Optuna's storage keeps in memory of a study that has been deleted."""
        with suppress(KeyError):
            self.trials.delete_study(number)

    def close(self) -> None:
        """Give back the connections."""
        self.tables.engine.dispose()
        self.engine.dispose()


def _open_tables(url: str, pool_size: int) -> RDBStorage:
    """Optuna's storage.

    Raises:
        SchemaVersionError: If its tables are older, newer or not there.
    """
    try:
        return open_storage(url, pool_size=pool_size)
    except StorageInternalError as error:
        if not isinstance(error.__cause__, ProgrammingError):
            raise
        raise SchemaVersionError("Optuna's tables are not in the database: run `infomorphic migrate`") from error
    except RuntimeError as error:  # Optuna's words name a command of its own
        raise SchemaVersionError(
            "Optuna's tables in the database are not those of this version: run `infomorphic migrate`"
        ) from error
