"""One running stack for all the tests that need one."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.commands import Running, environment
from tests.ports import free_port

KEY = "the-key-of-the-tests"


LONGEST_SECONDS = 900
"""Of a test that starts processes and waits for them, on a machine that has other things to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this directory more time than the others."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(LONGEST_SECONDS))


class Stack:
    """`infomorphic up` on a state directory and a port of its own, started when it is first needed, or again."""

    def __init__(self, state: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.state = state
        self.data = state / "datasets"
        self.data.mkdir()
        self.env = environment(
            API_KEY=KEY,
            INFOMORPHIC_URL=self.url,
            INFOMORPHIC_PORT=str(self.port),
            INFOMORPHIC_STATE_DIR=str(state),
            INFOMORPHIC_DATA_DIR=str(self.data),
            INFOMORPHIC_LEASE_SECONDS="6",
            INFOMORPHIC_POLL_SECONDS="0.3",
        )
        self.up: Running | None = None
        self._started: list[Running] = []

    def ensure(self) -> Running:
        """The running `up`; another one where the last was killed."""
        if self.up is None or not self.up.running:
            self.up = Running("up", "--json", "--workers", "2", env=self.env)
            self._started.append(self.up)
            self.addresses = self.up.await_json()
        return self.up

    def client(self) -> httpx.Client:
        """A client of the API that shows the key."""
        return httpx.Client(base_url=self.url, headers={"X-API-Key": KEY}, trust_env=False, timeout=60)

    def clear(self) -> None:
        """Stop what still runs."""
        for running in self._started:
            running.clear()


@pytest.fixture
def own_state(open_directory: Path) -> Iterator[Path]:
    """A state directory of the test's own."""
    path = _state_directory(open_directory)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def _stack(open_directory: Path) -> Iterator[Stack]:
    stack = Stack(_state_directory(open_directory))
    yield stack
    stack.clear()


@pytest.fixture
def stack(_stack: Stack) -> Stack:
    """The running stack, started again if a test has ended it."""
    _stack.ensure()
    return _stack


def _state_directory(within: Path) -> Path:
    path = Path(tempfile.mkdtemp(dir=within, prefix="state-"))
    path.chmod(0o711)
    return path
