"""What the containers would run, without containers: the compose file and the Dockerfile read, their commands started.

There is no Docker engine in the tests. The commands of the compose file run as processes of this machine, with their
own environment and nothing of ours; `Machine` says what stands for what.
"""

import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.patience import eventually
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")
TINY = {
    "name": "tiny",
    "dataset": "digits",
    "n_trials": 2,
    "network": {"hidden_neurons": 10},
    "training": {"epochs": 1},
}
SECRETS = {"POSTGRES_PASSWORD", "API_KEY", "RAY_AUTH_TOKEN"}
ONE_SHOT = {"migrate"}

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LONG_RUNNING = sorted(SERVICES.keys() - ONE_SHOT)
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)


def dockerfile() -> list[list[str]]:
    """The Dockerfile's instructions, split into words."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


# --- What is written -------------------------------------------------------------------------------------------------


def test_the_compose_file_follows_the_compose_specification():
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]

    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_long_running_service_is_watched_and_restarted(name):
    service = SERVICES[name]

    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert "stop_grace_period" in service


def test_ports_are_published_on_loopback_only():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert published
    assert all(isinstance(port, str) and port.startswith("127.0.0.1:") for port in published)


def test_the_secrets_are_required_and_have_no_defaults():
    used = list(VARIABLE.finditer((ROOT / "docker-compose.yml").read_text("utf-8")))

    required = {variable["name"] for variable in used if variable["kind"] == "?"}
    optional = {variable["name"] for variable in used if variable["kind"] != "?"}
    assert required == SECRETS
    assert not optional & SECRETS


def test_the_example_names_every_variable_with_its_default_and_no_secret():
    used = VARIABLE.finditer((ROOT / "docker-compose.yml").read_text("utf-8"))
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()

    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert example == {variable["name"]: variable["rest"] if variable["kind"] == "-" else "" for variable in used}


def test_named_volumes_hold_all_that_is_kept():
    mounted = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}

    assert mounted == set(COMPOSE["volumes"])
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]  # the official image's, since 18


def test_every_ray_node_asks_for_the_token():
    nodes = [service for name, service in SERVICES.items() if name.startswith("ray-")]

    assert len(nodes) == 3
    for node in nodes:
        assert node["environment"]["RAY_AUTH_MODE"] == "token"
        assert node["environment"]["RAY_AUTH_TOKEN"].startswith("${RAY_AUTH_TOKEN:?")


def test_secrets_go_only_where_they_are_needed():
    assert "DATABASE_URL" not in SERVICES["ray-worker"]["environment"]
    assert "API_KEY" not in SERVICES["ray-head"]["environment"]


def test_what_the_dockerfile_copies_is_there_and_not_ignored():
    copied = [
        source
        for instruction, *words in dockerfile()
        if instruction == "COPY" and not words[0].startswith("--from")
        for source in words[:-1]
    ]
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    admitted = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert set(copied) == admitted


def test_the_image_runs_the_command_line_as_an_ordinary_user():
    last = {instruction: words for instruction, *words in dockerfile()}

    assert last["ENTRYPOINT"] == ['["infomorphic"]']
    assert last["USER"] not in (["root"], ["0"])


def test_the_image_has_the_packages_of_the_wheel():
    wheel = re.search(r"^packages = \[(.*)\]$", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert wheel is not None
    sources = {word for instruction, *words in dockerfile() if instruction == "COPY" for word in words[:-1]}

    assert set(re.findall(r'"(\w+)"', wheel[1])) <= sources


# --- What runs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Machine:
    """This machine in place of the containers' network.

    Every container has one part of the loopback network for its address: Ray takes 127.0.0.1 for a mistake in a cluster
    and puts an outward address in its place, but leaves 127.0.0.2 alone. Ray's servers listen on all addresses whatever
    the node's is, so the token protects them here as it does there.

    Attributes:
        data: Stands for the volume at /data.
        scratch: Stands for the containers' own file systems.
        variables: What `.env` would hold.
        database_url: The test's database, in place of the postgres service.
    """

    data: Path
    scratch: Path
    variables: Mapping[str, str]
    database_url: str
    api_port: str = field(default_factory=lambda: str(free_port()))
    ray_port: str = field(default_factory=lambda: str(free_port()))

    def interpolate(self, text: str) -> str:
        """Compose's interpolation."""
        return VARIABLE.sub(lambda v: self.variables.get(v["name"]) or (v["rest"] if v["kind"] == "-" else ""), text)

    def place(self, word: str) -> str:
        """A word of a command with this machine's addresses and ports in it."""
        here = {
            "0.0.0.0": "127.0.0.1",
            "8000": self.api_port,
            "ray-head:6379": f"127.0.0.2:{self.ray_port}",
            "--port=6379": f"--port={self.ray_port}",
            # What containers have apart and processes share: the address, and the size of /dev/shm.
            "start --head": "start --head --node-ip-address=127.0.0.2 --object-store-memory=100000000",
            "--block": "--node-ip-address=127.0.0.3 --object-store-memory=100000000 --block",
        }
        return re.sub("|".join(map(re.escape, here)), lambda there: here[there[0]], word)

    def command(self, name: str) -> list[str]:
        """The words of a service's command, as its container would run them."""
        service = SERVICES[name]
        words = [
            self.place(self.interpolate(word))
            for word in [*service.get("entrypoint", ["infomorphic"]), *service["command"]]
        ]
        return words if words[0] == "sh" else " ".join(words).split()

    def healthcheck(self, name: str) -> list[str]:
        """The words of a service's health check."""
        return [self.place(word) for word in SERVICES[name]["healthcheck"]["test"][1:]]

    def environment(self, name: str) -> dict[str, str]:
        """The environment of a service's container; nothing of this process's but its programs."""
        home = self.scratch / name
        home.mkdir(exist_ok=True)
        given = {k: self.interpolate(str(v)) for k, v in SERVICES[name]["environment"].items()}
        here = {
            "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),  # no token of ours in ~/.ray
            "RAY_TMPDIR": str(home),
        }
        if "DATABASE_URL" in given:
            here["DATABASE_URL"] = self.database_url
        if "INFOMORPHIC_DATA_DIR" in given:
            assert given["INFOMORPHIC_DATA_DIR"] == "/data"
            here["INFOMORPHIC_DATA_DIR"] = str(self.data)
        return {**given, **here}


class Container:
    """A service's command as a process group; a context manager that leaves none of it behind."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.name = name
        self._machine = machine
        self._log = machine.scratch / f"{name}.log"
        self._environment = machine.environment(name)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                machine.command(name),
                cwd=machine.scratch,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        """What the end of a container does to all of its processes."""
        for group in self._groups():
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._process.wait()
        print(f"--- {self.name}", self.words(), sep="\n")  # noqa: T201 - pytest shows it when the test fails

    def _groups(self) -> set[int]:
        """Process groups of this container's session: daemons may have made their own."""
        groups = set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                _state, _parent, group, session, *_ = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(session) == self._process.pid:
                groups.add(int(group))
        return groups

    def end(self, seconds: float) -> int:
        """The status that the command ends with by itself."""
        return self._process.wait(seconds)

    def stop(self) -> None:
        """`docker stop`: SIGTERM to the first process, which ends within the grace period."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(float(SERVICES[self.name]["stop_grace_period"].removesuffix("s")))

    def health(self, **environment: str) -> int:
        """Status of the health check, run in this container."""
        seconds = float(SERVICES[self.name]["healthcheck"]["timeout"].removesuffix("s"))
        checked = subprocess.run(
            self._machine.healthcheck(self.name),
            env={**self._environment, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
        return checked.returncode

    def is_running(self) -> bool:
        """True.

        Raises:
            AssertionError: If its command has ended.
        """
        assert self._process.poll() is None, f"{self.name} ended:\n{self.words()}"
        return True

    def is_healthy(self) -> bool:
        """Whether its health check succeeds, in its time.

        Raises:
            AssertionError: If its command has ended.
        """
        try:
            return self.is_running() and self.health() == 0
        except subprocess.TimeoutExpired:
            return False

    def words(self) -> str:
        """All that the command said."""
        return self._log.read_text("utf-8", "replace")


@pytest.fixture
def machine(empty_database_url: str, tmp_path: Path) -> Iterator[Machine]:
    # Ray puts Unix sockets below its directory, whose paths have at most 107 characters: tmp_path is too long.
    scratch = Path(tempfile.mkdtemp(prefix="containers-", dir="/tmp"))
    variables = {name: secrets.token_hex(32) for name in sorted(SECRETS)}
    yield Machine(tmp_path, scratch, variables, empty_database_url)
    shutil.rmtree(scratch)


@pytest.fixture
def containers() -> Iterator[ExitStack]:
    """Everything entered here is ended, whatever happens."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.skipif(sys.platform != "linux", reason="Ray clusters of several nodes, and 127.0.0.2, are Linux's")
def test_the_commands_of_the_compose_file_run_a_study_on_a_worker_node(machine, containers):
    migrate = containers.enter_context(Container(machine, "migrate"))
    assert migrate.end(240) == 0, migrate.words()

    head = containers.enter_context(Container(machine, "ray-head"))
    api = containers.enter_context(Container(machine, "api"))
    eventually(api.is_healthy, every=0.5)
    with httpx.Client(base_url=f"http://127.0.0.1:{machine.api_port}", trust_env=False, timeout=30) as client:
        assert client.get("/v1/studies").status_code == 401
        client.headers["Authorization"] = f"Bearer {machine.variables['API_KEY']}"
        created = client.post("/v1/studies", json=TINY)
        assert created.status_code == 201, created.text

        eventually(head.is_healthy, every=0.5)
        with suppress(subprocess.TimeoutExpired):  # which is no health either
            assert head.health(RAY_AUTH_TOKEN=secrets.token_hex(32)) != 0, "the cluster takes any token"
        before = client.get("/v1/studies/tiny").json()
        worker = containers.enter_context(Container(machine, "ray-worker"))
        eventually(
            lambda: worker.is_running() and client.get("/v1/studies/tiny").json()["state"] != "running", 240, every=0.5
        )
        after = client.get("/v1/studies/tiny").json()

    assert (before["state"], before["finished"], before["running"]) == ("running", 0, 0)  # the head has no CPUs
    assert (after["state"], after["tally"]["complete"]) == ("completed", 2)
    eventually(worker.is_healthy, every=0.5)
    for container in (worker, head, api):
        container.stop()


@pytest.mark.parametrize("name", OURS)
def test_a_command_of_the_compose_file_is_one_of_the_command_line(name, machine):
    """Also those of services that no test starts, and with their options: each is asked for its help."""
    for program, *words in programs(machine.command(name)):
        known = subprocess.run(
            [BIN / program, *words, "--help"], env=machine.environment(name), capture_output=True, check=False
        )

        assert known.returncode == 0, known.stderr.decode()


def programs(command: list[str]) -> list[list[str]]:
    """The programs that a command starts, those in a shell's words too."""
    if command[:2] != ["sh", "-c"]:
        return [command]
    return [shlex.split(part.strip().removeprefix("exec ")) for part in command[2].split("&&")]
