import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from traceback import format_exception
from urllib.parse import quote, urlsplit

import psycopg2
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from service.errors import SchemaVersionError
from service.storage.database import SCHEMA, connect, parse_url
from service.storage.optuna_storage import optuna_url
from service.storage.schema import alembic_config, check_version, migrate
from service.storage.store import Store
from service.storage.tables import Table
from tests.conftest import query


def tables(url):
    return {
        (schema, name)
        for schema, name in query(url, "SELECT schemaname, tablename FROM pg_tables")
        if schema not in {"pg_catalog", "information_schema"}
    }


def revise(url, direction, revision):
    engine = connect(url)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        direction(config, revision)
    engine.dispose()


def test_an_empty_database_gets_our_tables_and_optunas_each_in_a_schema_of_its_own(empty_database_url):
    migrate(empty_database_url)

    found = tables(empty_database_url)
    ours = {name for schema, name in found if schema == "infomorphic"}
    assert ours == {"alembic_version", "studies", "analyses", "leases", "artifacts"}
    assert {"alembic_version", "studies", "trials", "trial_params", "trial_values"} <= {
        name for schema, name in found if schema == "optuna"
    }
    assert {schema for schema, _ in found} == {"infomorphic", "optuna"}


def test_migrating_again_keeps_what_is_there(database_url):
    query(database_url, """INSERT INTO infomorphic.studies (name, spec) VALUES ('kept', '{"n_trials": 3}')""")

    migrate(database_url)

    assert query(database_url, "SELECT name, n_trials, state FROM infomorphic.studies") == [("kept", 3, "running")]


def test_a_database_without_artifacts_gets_their_table_and_keeps_what_is_there(database_url):
    revise(database_url, command.downgrade, "0001")
    query(database_url, """INSERT INTO infomorphic.studies (name, spec) VALUES ('kept', '{"n_trials": 3}')""")

    migrate(database_url)

    assert ("infomorphic", "artifacts") in tables(database_url)
    assert query(database_url, "SELECT name FROM infomorphic.studies") == [("kept",)]


def test_two_that_migrate_at_once_both_succeed(empty_database_url):
    together = threading.Barrier(2)

    def meet_and_migrate():
        together.wait(timeout=10)
        migrate(empty_database_url)

    with ThreadPoolExecutor(2) as pool:
        attempts = [pool.submit(meet_and_migrate) for _ in range(2)]
        errors = [attempt.exception(timeout=60) for attempt in attempts]

    assert errors == [None, None]
    assert query(empty_database_url, "SELECT count(*) FROM infomorphic.alembic_version") == [(1,)]


def test_the_models_and_the_migrations_agree(database_url):
    engine = connect(database_url)
    with engine.connect() as connection:
        options = {
            "version_table_schema": SCHEMA,
            "include_schemas": True,
            "include_name": lambda name, kind, _parents: kind != "schema" or name == SCHEMA,
            "compare_server_default": True,
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata)
    engine.dispose()

    assert differences == []


def test_a_downgrade_takes_only_our_tables_and_an_upgrade_brings_them_back(database_url):
    before = tables(database_url)

    revise(database_url, command.downgrade, "base")
    without = tables(database_url)
    revise(database_url, command.upgrade, "head")

    own = {"studies", "analyses", "leases", "artifacts"}
    assert before - without == {("infomorphic", table) for table in own}
    assert tables(database_url) == before


def test_a_database_of_another_version_is_refused_with_what_to_do(database_url):
    query(database_url, "UPDATE infomorphic.alembic_version SET version_num = '0000'")

    with pytest.raises(SchemaVersionError, match=r"0000.*infomorphic migrate"):
        Store.open(database_url)


def test_a_database_that_was_not_migrated_is_refused_with_what_to_do(empty_database_url):
    with pytest.raises(SchemaVersionError, match="infomorphic migrate"):
        Store.open(empty_database_url)


def test_a_migrated_database_has_the_version_that_is_needed(database_url):
    engine = connect(database_url)
    with engine.connect() as connection:
        check_version(connection)
    engine.dispose()


def test_tables_of_an_older_optuna_are_upgraded(database_url):
    # What this revision of Optuna's lacks is one index, under another name than that of newly made tables.
    query(database_url, "UPDATE optuna.alembic_version SET version_num = 'v3.0.0.d'")

    migrate(database_url)

    with closing(Store.open(database_url)) as store:
        assert store.tables.get_current_version() == store.tables.get_head_version()


@pytest.mark.parametrize("password", ["{curly}", "100%", "a@b:c/d?e#f", "%7B", "spa ce+&="])
def test_a_password_may_have_any_character(database_url, password):
    role = f"role_{abs(hash((password, database_url)))}"
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD %s", (password,))
    address = urlsplit(database_url)
    url = f"postgresql://{role}:{quote(password, safe='')}@{address.hostname}:{address.port}{address.path}"

    with closing(Store.open(url)) as store, store.engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == role
        assert store.trials.get_all_studies() == []
    query(database_url, f"DROP ROLE {role}")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user:hunter2@localhost/db",
        "sqlite:///db",
        "postgresql://user:hunter2@localhost",
        "postgresql+asyncpg://user:hunter2@localhost/db",
        "postgresql://user:hunter2@localhost:port/db",
        "hunter2",
        "",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_its_password(url):
    with pytest.raises(ValueError, match="postgresql://user:password@host:port/database") as refusal:
        parse_url(url)

    assert "hunter2" not in "".join(format_exception(refusal.value))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_usual_name_of_postgres_is_understood(database_url, scheme):
    engine = connect(database_url.replace("postgresql", scheme, 1))

    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_setting('timezone')")).scalar() == "UTC"
    engine.dispose()


def test_a_notebooks_url_reaches_optunas_tables_and_not_ours(database_url):
    engine = create_engine(optuna_url(database_url))

    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_schema()")).scalar() == "optuna"
    engine.dispose()


def test_options_in_the_url_are_kept(database_url):
    engine = connect(f"{database_url}?options=-cwork_mem%3D5MB")

    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_setting('work_mem')")).scalar() == "5MB"
    engine.dispose()
