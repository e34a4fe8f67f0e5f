import json
import signal
import socket

import httpx
import pytest

from tests.e2e.commands import Running, environment, run
from tests.ports import free_port

NOWHERE = "postgresql://me:secret@127.0.0.1:1/none"


def refusal(*arguments, env, stdin=None):
    """The one line on standard error of a command that fails; nothing is on standard output."""
    done = run(*arguments, env=env, stdin=stdin)
    assert done.returncode not in {0, -11}
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("study", "show", "none"),
        ("study", "watch", "none"),
        ("study", "pause", "none"),
        ("study", "delete", "none"),
        ("best", "none"),
    ],
)
def test_an_unknown_study_is_named(stack, arguments):
    assert "there is no study named 'none'" in refusal(*arguments, env=stack.env)


def test_a_name_is_one_name_whatever_is_in_it(stack):
    with stack.client() as client:
        document = {"name": "kept", "n_trials": 1, "training": {"epochs": 1}, "network": {"hidden_neurons": 10}}
        client.post("/v1/studies", json=document).raise_for_status()
        client.post("/v1/studies/kept/stop")

        refusal("study", "delete", "kept?x", env=stack.env)

        assert client.get("/v1/studies/kept").status_code == 200


def test_without_a_service_the_address_and_the_remedy_are_named():
    url = f"http://127.0.0.1:{free_port()}"

    message = refusal("study", "list", "--json", env=environment(INFOMORPHIC_URL=url))

    assert f"no service answers at {url}" in message
    assert "infomorphic up" in message


@pytest.mark.parametrize(
    ("key", "said"), [({}, "needs its API key"), ({"API_KEY": "wrong"}, "needs its API key")], ids=["none", "wrong"]
)
def test_without_the_right_key_the_service_refuses(stack, key, said):
    assert said in refusal("study", "list", env=environment(INFOMORPHIC_URL=stack.url, **key))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("[1]", "must be a JSON object"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ('{"name": "bad", "n_trials": -1}', "n_trials"),
        ('{"name": "bad", "training": {"hidden_learning_rate": NaN}}', "hidden_learning_rate"),
        ('{"name": "bad", "dataset": "none"}', "unknown data set 'none'"),
        ('{"name": "bad", "initial_goals": ["none"]}', "'none'"),
        ('{"name": "bad", "training": 3}', "training"),
    ],
)
def test_a_bad_spec_is_refused_by_its_field(stack, tmp_path, document, said):
    path = tmp_path / "spec.json"
    path.write_text(document)

    message = refusal("study", "create", "--spec", str(path), "--epochs", "2", env=stack.env)

    assert said in message


def test_a_spec_that_is_not_there_is_named():
    message = refusal("study", "create", "--spec", "/none/spec.json", env=environment())

    assert "/none/spec.json" in message


@pytest.mark.parametrize("command", ["migrate", "api", "worker", "up"])
def test_a_database_url_that_is_none_is_refused_without_its_password(command, tmp_path):
    env = environment(
        DATABASE_URL="mysql://me:secret@host/base",
        INFOMORPHIC_STATE_DIR=str(tmp_path),
        INFOMORPHIC_PORT=str(free_port()),
    )

    message = refusal(command, env=env)

    assert "DATABASE_URL must be postgresql://" in message
    assert "secret" not in message


@pytest.mark.parametrize("command", ["migrate", "api", "worker"])
def test_a_database_url_that_is_not_set_is_missed(command):
    assert "DATABASE_URL is not set" in refusal(command, env=environment())


@pytest.mark.parametrize("command", ["migrate", "up"])
def test_a_database_that_cannot_be_reached_is_named_without_its_password(command, tmp_path):
    env = environment(DATABASE_URL=NOWHERE, INFOMORPHIC_STATE_DIR=str(tmp_path), INFOMORPHIC_PORT=str(free_port()))

    message = refusal(command, env=env)

    assert "127.0.0.1" in message
    assert "refused" in message
    assert "secret" not in message


@pytest.mark.parametrize("command", ["api", "up"])
def test_other_machines_are_not_served_without_a_key(command, tmp_path):
    env = environment(DATABASE_URL=NOWHERE, INFOMORPHIC_HOST="0.0.0.0", INFOMORPHIC_STATE_DIR=str(tmp_path))

    message = refusal(command, env=env)

    assert "0.0.0.0" in message
    assert "API_KEY" in message


@pytest.mark.parametrize("command", ["api", "up"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_taken_port_is_refused_before_anything_is_said(tmp_path, command, host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as taken:
        port = taken.getsockname()[1]
        env = environment(
            DATABASE_URL=NOWHERE,
            INFOMORPHIC_HOST=host,
            INFOMORPHIC_PORT=str(port),
            INFOMORPHIC_STATE_DIR=str(tmp_path),
        )
        message = refusal(command, env=env)

    place = f"[::1]:{port}" if ":" in host else f"127.0.0.1:{port}"
    assert message == f"Error: cannot listen on {place}: Address already in use; choose another port with --port\n"


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.2", "http://127.0.0.2:{}"), ("::1", "http://[::1]:{}"), ("localhost", "http://localhost:{}")],
)
def test_every_loopback_address_can_be_served_without_a_key(host, url):
    port = free_port()
    env = environment(DATABASE_URL=NOWHERE, INFOMORPHIC_HOST=host, INFOMORPHIC_PORT=str(port))
    serving = Running("api", "--json", env=env)
    try:
        said = serving.await_json()
        status = httpx.get(f"{said['url']}/healthz", trust_env=False, timeout=60).status_code
        serving.signal(signal.SIGINT)
        ended = serving.wait()
    finally:
        serving.clear()

    assert (said, status, ended) == ({"url": url.format(port)}, 200, 0)


@pytest.mark.parametrize("command", [("study", "list"), ("api",), ("worker",)])
@pytest.mark.parametrize("key", ["hunter 2", "hunter2\n\rx", "hünter2"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(command, key):
    message = refusal(*command, env=environment(API_KEY=key, DATABASE_URL=NOWHERE))

    assert "API_KEY" in message
    assert "nter" not in message


def test_an_address_that_cannot_be_sent_is_refused_without_showing_the_key():
    message = refusal("study", "list", env=environment(API_KEY="hunter2", INFOMORPHIC_URL="http://a b:1"))

    assert "INFOMORPHIC_URL" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("around", ["{} ", "{}\n"])
def test_white_space_around_the_key_does_no_harm(stack, around):
    done = run("study", "list", "--json", env={**stack.env, "API_KEY": around.format(stack.env["API_KEY"])})

    assert (done.returncode, done.stderr) == (0, "")


def test_a_setting_that_is_not_valid_is_named():
    assert "port" in refusal("study", "list", env=environment(INFOMORPHIC_PORT="many"))


def test_a_service_that_is_another_is_told_apart(tmp_path):
    assert "INFOMORPHIC_URL" in refusal("study", "list", env=environment(INFOMORPHIC_URL="nonsense"))


def test_errors_with_json_are_told_in_the_same_way(stack):
    done = run("best", "none", "--json", env=stack.env)

    with pytest.raises(json.JSONDecodeError):
        json.loads(done.stdout)
    assert done.stderr == "Error: there is no study named 'none'\n"
