"""`infomorphic database`: a notebook finds the embedded database by what it prints."""

import json
from contextlib import closing

import optuna
import psycopg2

from service.storage.embedded.server import EmbeddedPostgres
from service.storage.schema import migrate
from tests.e2e.commands import environment, run


def test_a_notebook_reaches_the_embedded_database_by_the_printed_addresses(open_directory):
    state = open_directory / "notebook"
    with EmbeddedPostgres(state / "postgres", settings={"fsync": "off"}) as server:
        migrate(server.url)

        printed = json.loads(run("database", "--json", env=environment(INFOMORPHIC_STATE_DIR=str(state))).stdout)

        with closing(psycopg2.connect(printed["postgres"])) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM infomorphic.studies")
            assert cursor.fetchone() == (0,)
        storage = optuna.storages.RDBStorage(printed["optuna"])
        assert optuna.get_all_study_names(storage) == []
        storage.remove_session()
        storage.engine.dispose()


def test_without_a_database_it_says_how_to_start_one(open_directory):
    answer = run("database", env=environment(INFOMORPHIC_STATE_DIR=str(open_directory / "nothing")))

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "infomorphic up" in answer.stderr
