"""Fixtures every kind of test may use."""

import os

# Tests run beside workers: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import numpy as np
import psycopg2
import pytest
import uvicorn

from service.api.app import create_app
from service.settings import Settings
from service.storage.embedded.server import EmbeddedPostgres
from service.storage.schema import migrate
from service.storage.store import Store


@pytest.fixture(scope="session")
def real_data_directory() -> Path:
    """A data directory with the published MNIST and Fashion-MNIST; tests that need it are skipped where there is none.

    It is named by INFOMORPHIC_TEST_DATA, or else `shared/data` beside the repository.
    """
    beside = Path(__file__).parents[2] / "shared" / "data"
    directory = Path(os.environ.get("INFOMORPHIC_TEST_DATA") or beside)
    if not all((directory / folder / "raw").is_dir() for folder in ("MNIST", "FashionMNIST")):
        pytest.skip(f"no MNIST and FashionMNIST in {directory}; name another with INFOMORPHIC_TEST_DATA")
    return directory


@pytest.fixture(scope="session")
def open_directory() -> Iterator[Path]:
    """A temporary directory that every user may pass through: Postgres runs as nobody under root."""
    path = Path(tempfile.mkdtemp(prefix="infomorphic-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def directory(open_directory: Path) -> Iterator[Path]:
    """A directory of the test's own that every user may pass through."""
    path = Path(tempfile.mkdtemp(dir=open_directory))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """An .npz file in the data directory, small enough to be read at once."""
    rng = np.random.default_rng(0)
    images, labels = rng.normal(size=(60, 8)), rng.integers(0, 3, 60)
    path = tmp_path / "own.npz"
    np.savez(path, train_images=images, train_labels=labels, test_images=images, test_labels=labels)
    return path


@pytest.fixture(scope="session")
def postgres_server(open_directory: Path) -> Iterator[EmbeddedPostgres]:
    """A Postgres server for all tests that forgets what a power failure would lose."""
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    with EmbeddedPostgres(open_directory / "postgres", settings=settings) as server:
        yield server


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """The rows that a statement gives, none if it gives none; committed."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def database(server: EmbeddedPostgres, name: str, template: str = "template1") -> Iterator[str]:
    """Address of a new database, which is dropped afterwards."""
    with closing(psycopg2.connect(server.url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield f"{server.url.rpartition('/')[0]}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """Address of a database of its own with nothing in it."""
    with database(postgres_server, f"test_{uuid.uuid4().hex}") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """Name of a database with all tables and no rows, to be copied."""
    name = f"template_{uuid.uuid4().hex}"
    with database(postgres_server, name) as url:
        migrate(url)
        yield name


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """Address of a database of its own with all tables and no rows."""
    with database(postgres_server, f"test_{uuid.uuid4().hex}", migrated_template) as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The store of a database of its own; a thread that tests concurrency may share it or open another."""
    with closing(Store.open(database_url)) as opened:
        yield opened


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with nothing from the developer's environment in them."""
    return settings_for(database_url, tmp_path)


def settings_for(database_url: str, data_dir: Path, **others: object) -> Settings:
    """Settings that name every value which the environment might."""
    values = {"database_url": database_url, "data_dir": data_dir, **others}
    for name, field in Settings.model_fields.items():
        values.setdefault(name, field.get_default(call_default_factory=True, validated_data=values))
    return Settings(**values)


@contextmanager
def serving(settings: Settings) -> Iterator[httpx.Client]:
    """A client of the service with these settings, which listens on a free port of this machine."""
    config = uvicorn.Config(
        create_app(settings), host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="uvicorn")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "uvicorn did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def api(settings: Settings) -> Iterator[httpx.Client]:
    """A client of the service, over real HTTP, with a database of its own."""
    with serving(settings) as client:
        yield client
