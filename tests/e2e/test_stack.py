import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.commands import Running, environment, run
from tests.patience import eventually
from tests.ports import free_port

STUDY = {
    "dataset": "digits",
    "n_trials": 12,
    "network": {"hidden_neurons": 20},
    "training": {"epochs": 20, "batch_size": 64},
    "max_attempts": 10,
}


@pytest.fixture
def bystander():
    """A process that is none of the stack's."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env=environment())
    yield process
    process.kill()
    process.wait()


def look(client, name):
    return client.get(f"/v1/studies/{name}").raise_for_status().json()


def answers(client):
    try:
        return client.get("/readyz").is_success
    except httpx.HTTPError:
        return False


def refuses_connections(client):
    try:
        client.get("/healthz")
    except httpx.ConnectError:
        return True
    except httpx.HTTPError:
        pass
    return False


def postmaster(stack):
    """Number of the embedded Postgres's process; None while it is not known."""
    try:
        return int((stack.state / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def in_mid_trial(client, names):
    running = [
        trial
        for name in names
        for trial in client.get(f"/v1/studies/{name}/trials", params={"state": "running"}).json()["trials"]
    ]
    return any(trial["validation_accuracies"] for trial in running)


def test_two_studies_at_once_survive_a_killed_worker_a_killed_api_and_a_killed_stack(stack):
    names = ("tpe-at-once", "cmaes-at-once")
    first = stack.ensure()
    with stack.client() as client:
        for name in names:
            spec = {**STUDY, "name": name, "sampler": name.partition("-")[0], "seed": 5}
            assert client.post("/v1/studies", json=spec).status_code == 201
        eventually(lambda: len(first.actors()) == 2, 120)
        eventually(lambda: in_mid_trial(client, names), every=0.01)
        first.actors()[0].kill()
        (api,) = first.named("service.cli api")
        api.kill()
        eventually(lambda: answers(client))
        after_killed_api = [look(client, name) for name in names]
        eventually(lambda: all(look(client, name)["finished"] for name in names))

    first.signal(signal.SIGKILL)
    first.wait()

    with stack.client() as client:
        eventually(lambda: refuses_connections(client))
        stack.ensure()
        after_killed_stack = [look(client, name) for name in names]
        eventually(lambda: all(look(client, name)["state"] == "completed" for name in names), 240, every=0.5)
        ended = [look(client, name) for name in names]
    assert [study["n_trials"] for study in after_killed_api] == [12, 12]
    assert any(study["finished"] < 12 for study in after_killed_stack)
    assert [study["tally"]["complete"] for study in ended] == [12, 12]
    assert [(study["tally"]["running"], study["tally"]["waiting"], study["running"]) for study in ended] == [
        (0, 0, 0)
    ] * 2
    # The second stack's Postgres has the same data directory as the first one's.
    eventually(lambda: not {p.pid for p in first.family()} - {p.pid for p in stack.up.family()}, 120)


def test_a_killed_database_is_started_again_and_the_study_goes_on(stack):
    pid = postmaster(stack)
    with stack.client() as client:
        spec = {**STUDY, "name": "killed-database", "n_trials": 4, "training": {"epochs": 100, "batch_size": 64}}
        assert client.post("/v1/studies", json=spec).status_code == 201
        eventually(lambda: in_mid_trial(client, ["killed-database"]), every=0.01)

        psutil.Process(pid).kill()

        eventually(lambda: postmaster(stack) not in {None, pid})
        eventually(lambda: answers(client))
        eventually(lambda: look(client, "killed-database")["state"] == "completed", 150)
        study = look(client, "killed-database")
    assert stack.up.running
    assert study["tally"]["complete"] == 4
    assert study["tally"]["running"] == 0


def test_a_second_stack_on_the_same_state_is_refused_and_the_first_unharmed(stack):
    refused = run("up", "--port", str(free_port()), env=stack.env)

    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: A Postgres server already runs on")
    assert f"kept by process {stack.up.process.pid}" in refused.stderr
    assert stack.up.running
    with stack.client() as client:
        assert answers(client)


def test_a_taken_port_is_refused_before_anything_starts(own_state):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("up", "--port", str(port), env=environment(INFOMORPHIC_STATE_DIR=str(own_state)))

    assert refused.returncode == 1
    assert refused.stderr == (
        f"Error: cannot listen on 127.0.0.1:{port}: Address already in use; choose another port with --port\n"
    )
    assert list(own_state.iterdir()) == []


@pytest.fixture
def ipv6_up(own_state):
    """`infomorphic up` on the IPv6 loopback address, with one worker at work."""
    env = environment(INFOMORPHIC_STATE_DIR=str(own_state), INFOMORPHIC_HOST="::1", INFOMORPHIC_PORT=str(free_port()))
    running = Running("up", "--json", "--workers", "1", env=env)
    running.await_json()
    eventually(running.actors, 120)
    yield running
    running.clear()


def kill_postgres_while_stopped(up, state):
    """Kill Postgres before its supervisor can see it; the supervisor needs a SIGCONT to go on."""
    up.signal(signal.SIGSTOP)
    pid = int((state / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    psutil.Process(pid).kill()
    eventually(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, every=0.01)


def test_parts_that_are_told_of_another_database_port_are_not_said_to_have_ended_unexpectedly(ipv6_up, own_state):
    url = json.loads(ipv6_up.out.read_text())["api"]
    parts = {process.pid for process in ipv6_up.named("service.cli ")}
    port = int((own_state / "postgres" / "port").read_text())
    kill_postgres_while_stopped(ipv6_up, own_state)
    with socket.create_server(("127.0.0.1", port)), httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        ipv6_up.signal(signal.SIGCONT)
        eventually(ipv6_up.err.read_text)
        eventually(lambda: len({p.pid for p in ipv6_up.named("service.cli ")} - parts) == 2)
        eventually(lambda: answers(client))
        time.sleep(1)  # to be said, if anything were

    assert url.startswith("http://[::1]:")
    assert int((own_state / "postgres" / "port").read_text()) != port
    assert ipv6_up.err.read_text() == (f"postgres ended unexpectedly and was started again; see {own_state / 'logs'}\n")


def test_ctrl_c_while_postgres_is_started_again_is_heard(ipv6_up, own_state):
    kill_postgres_while_stopped(ipv6_up, own_state)
    data = own_state / "postgres" / "data"
    program = own_state / "postgres" / "decoy" / "postgres"
    program.parent.mkdir()
    program.symlink_to(Path(sys.executable).resolve())
    # What looks like an earlier server, for whose end the next one waits.
    earlier = subprocess.Popen([program, "-c", "import time; time.sleep(600)", data], cwd=data)
    pid_file = data / "postmaster.pid"
    pid_file.write_text("\n".join([str(earlier.pid), *pid_file.read_text().splitlines()[1:], ""]))

    ipv6_up.signal(signal.SIGCONT)
    time.sleep(2)
    ipv6_up.signal(signal.SIGINT)
    ended = ipv6_up.wait()
    earlier.kill()
    earlier.wait()

    assert (ended, ipv6_up.err.read_text()) == (0, "")


def test_ctrl_c_stops_everything_that_was_started_and_nothing_else(stack, bystander):
    family = stack.up.family()

    stack.up.signal(signal.SIGINT)

    assert stack.up.wait() == 0
    eventually(lambda: not [process for process in family if process.is_running()])
    assert bystander.poll() is None
    eventually(lambda: not stack.up.family())


def test_ctrl_c_while_starting_stops_as_cleanly(own_state):
    env = environment(INFOMORPHIC_STATE_DIR=str(own_state), INFOMORPHIC_PORT=str(free_port()))
    starting = Running("up", "--json", env=env)
    try:
        eventually((own_state / "logs").is_dir, every=0.01)
        time.sleep(0.5)  # the API and the pool are starting too

        starting.signal(signal.SIGINT)

        assert starting.wait() == 0
        eventually(lambda: not starting.family())
        assert starting.out.read_text() == ""
        assert starting.err.read_text() == ""
    finally:
        starting.clear()
