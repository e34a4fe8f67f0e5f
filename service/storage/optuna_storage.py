"""Optuna's own storage, in its own schema of the same database."""

import warnings

import optuna
from optuna.storages import RDBStorage

from service.storage.database import CONNECTION_OPTIONS, OPTUNA_SCHEMA, in_schema, parse_url


def optuna_url(url: str) -> str:
    """The URL under which Optuna finds its tables, also from a notebook: `optuna.load_study(..., storage=this)`."""
    return in_schema(parse_url(url), OPTUNA_SCHEMA).render_as_string(hide_password=False)


def open_storage(url: str, *, create_tables: bool = False, pool_size: int = 5) -> RDBStorage:
    """Optuna's storage; a process keeps one, because a new one reads every trial again.

    Args:
        url: A Postgres URL.
        create_tables: Whether to make Optuna's tables where they are not, and to accept older ones; only a migration
            does, which then upgrades them.
        pool_size: Connections kept; as many again may be open for a moment.
    """
    return RDBStorage(
        # Optuna formats the URL: a brace in a password would be read as a placeholder.
        optuna_url(url).replace("{", "{{").replace("}", "}}"),
        engine_kwargs={
            "pool_pre_ping": True,
            "pool_size": pool_size,
            "max_overflow": pool_size,
            "connect_args": CONNECTION_OPTIONS,
        },
        skip_table_creation=not create_tables,
        skip_compatibility_check=create_tables,
    )


def quiet_optuna() -> None:
    """Keep Optuna from writing a line for every trial, and from warning of what we use on purpose."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for what in ("set_metric_names", "PatientPruner", "Argument ``use_separable_cma``", "Argument ``lr_adapt``"):
        warnings.filterwarnings("ignore", f".*{what} is (an )?experimental", optuna.exceptions.ExperimentalWarning)
