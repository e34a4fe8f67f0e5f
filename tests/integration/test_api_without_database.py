import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Engine, event

from service.api.app import create_app
from service.errors import SettingsError
from service.storage.embedded.server import EmbeddedPostgres
from service.storage.schema import migrate
from tests.conftest import serving, settings_for
from tests.integration.driving import make, run_out, take
from tests.patience import eventually
from tests.ports import free_port

FAST = {"fsync": "off"}


def assert_waits(api):
    """That it lives, says that it is not ready, and refuses without falling over."""
    assert api.get("/healthz").status_code == 200
    for path in ("/readyz", "/v1/studies", "/v1/studies/a", "/dashboard", "/api/studies"):
        response = api.get(path)
        assert (path, response.status_code) == (path, 503)
        assert response.headers["content-type"] == "application/problem+json"
        assert "database cannot be reached" in response.json()["detail"]
        assert response.headers["retry-after"] == "5"


def test_the_service_waits_for_its_database_and_goes_on_when_it_comes_and_comes_again(open_directory, tmp_path):
    directory, port = open_directory / "comes-and-goes", free_port()
    postgres = EmbeddedPostgres(directory, port=port, settings=FAST)
    with postgres:
        url = postgres.url
        migrate(url)

    with serving(settings_for(url, tmp_path, lease_seconds=1)) as api:
        assert_waits(api)
        with EmbeddedPostgres(directory, port=port, settings=FAST):
            # Not at once: an attempt to connect may be under way that began before the server was there.
            eventually(lambda: api.get("/readyz").json() == {"status": "ready"})
            assert api.post("/v1/studies", json={"name": "kept"}).status_code == 201
            assert api.get("/dashboard").status_code == 200
        eventually(lambda: api.get("/readyz").status_code == 503)
        for path in ("/v1/studies", "/v1/studies/kept", "/v1/studies/kept/trials", "/dashboard", "/api/studies"):
            assert api.get(path).status_code == 503
        with EmbeddedPostgres(directory, port=port, settings=FAST):
            assert api.get("/readyz").status_code == 200
            assert api.get("/v1/studies/kept").json()["state"] == "running"
            assert api.get("/api/studies").status_code == 200


@pytest.mark.parametrize("table", ["studies", "trials", "trial_params"])
def test_a_connection_that_is_cut_while_trials_are_read_is_a_database_that_is_away(api, database_url, store, table):
    make(store, Path("nowhere"), initial_goals=[{"{FCL}": 0.5}])
    take(store)

    def cut(connection, _cursor, statement, *_):
        if f"\nFROM {table} " in statement:
            pid = connection.connection.dbapi_connection.info.backend_pid
            with closing(psycopg2.connect(database_url)) as other, other, other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))

    event.listen(Engine, "before_cursor_execute", cut)
    try:
        answers = [api.get(f"/v1/studies/study{path}").status_code for path in ("", "/trials", "/best")]
    finally:
        event.remove(Engine, "before_cursor_execute", cut)

    assert answers == [503] * 3
    assert api.get("/v1/studies/study").status_code == 200


def test_a_database_that_was_not_migrated_is_a_clear_problem_until_it_is(empty_database_url, tmp_path):
    with serving(settings_for(empty_database_url, tmp_path)) as api:
        before = {path: api.get(path) for path in ("/readyz", "/v1/studies", "/dashboard")}
        migrate(empty_database_url)
        after = {path: api.get(path).status_code for path in before}

    for response in before.values():
        assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
        assert "run `infomorphic migrate`" in response.json()["detail"]
    assert set(after.values()) == {200}


@pytest.mark.parametrize(
    "damage",
    [
        "DROP SCHEMA optuna CASCADE",
        "UPDATE optuna.alembic_version SET version_num = 'v2.6.0.a'",
        "UPDATE optuna.alembic_version SET version_num = 'v9'",
    ],
    ids=["missing", "older", "newer"],
)
def test_optunas_tables_of_another_version_are_a_clear_problem(database_url, tmp_path, damage):
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(damage)

    with serving(settings_for(database_url, tmp_path)) as api:
        response = api.get("/v1/studies")

    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
    assert "Optuna's tables" in response.json()["detail"]
    assert "run `infomorphic migrate`" in response.json()["detail"]


def ask_in_vain(tmp_path):
    """Sixty ask at once a service whose database does not answer: what they are told, and how many before health."""
    answers = []
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        url = f"postgresql://me:secret@127.0.0.1:{silent.getsockname()[1]}/none"
        with serving(settings_for(url, tmp_path)) as api:
            asking = [
                threading.Thread(target=lambda: answers.append(api.get("/v1/studies").status_code)) for _ in range(60)
            ]
            for thread in asking:
                thread.start()
            time.sleep(1)  # until all threads of the service wait for the database, which they do for 5 seconds
            health = api.get("/healthz", timeout=60).status_code
            before_health = len(answers)
            for thread in asking:
                thread.join(60)
    return health, before_health, answers


def test_a_database_that_does_not_answer_holds_up_neither_health_nor_everybody_in_turn(tmp_path):
    for _ in range(3):  # a machine may be busy for longer than the database is waited for
        health, before_health, answers = ask_in_vain(tmp_path)
        if before_health == 0:
            break

    assert (health, before_health) == (200, 0)
    # Each in turn, 5 seconds and more, would not have been told within the minute that they waited.
    assert (len(answers), set(answers)) == (60, {503})


def test_while_the_database_is_away_the_log_has_a_line_and_no_traceback(tmp_path, caplog):
    url = f"postgresql://me:secret@127.0.0.1:{free_port()}/none"

    with serving(settings_for(url, tmp_path, lease_seconds=0.4)):
        eventually(lambda: len(caplog.records) > 1)

    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert not [record for record in caplog.records if record.exc_info]
    assert {record.getMessage() for record in caplog.records} == {
        "the database is away: runs of lost workers are settled once it is back"
    }


def test_the_service_says_so_when_it_is_given_no_database(tmp_path):
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        create_app(settings_for(None, tmp_path))


def test_the_service_settles_the_runs_of_dead_workers_when_no_worker_lives(database_url, store, tmp_path):
    make(store, tmp_path, n_trials=1)
    run_out(store, take(store).token)

    with serving(settings_for(database_url, tmp_path, lease_seconds=0.1)) as api:
        eventually(lambda: api.get("/v1/studies/study").json()["tally"]["waiting"] == 1)


def test_settings_in_the_environment_do_not_reach_tests(database_url, tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "API_KEY", "INFOMORPHIC_HOST", "INFOMORPHIC_PORT"):
        monkeypatch.setenv(name, "1")

    settings = settings_for(database_url, tmp_path)

    assert settings.require_database_url() == database_url
    assert (settings.api_key, settings.host, settings.port) == (None, "127.0.0.1", 8000)
