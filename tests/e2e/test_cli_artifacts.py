"""The files of a trial on the command line, against a service in this process: no worker is needed."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from service.runs import finish
from service.storage.artifacts import Artifact
from service.storage.leases import Outcome, Verdict
from tests.e2e.commands import environment, run
from tests.e2e.commands_here import run as run_here
from tests.integration.driving import complete, make, take

CURVES = Artifact("curves.csv", "text/csv", b"epoch,accuracy\n1,0.5\n")
EVERY_BYTE = Artifact("weights.npz", "application/x-npz", bytes(range(256)) * 30)


@pytest.fixture
def command(api, store, tmp_path):
    """`infomorphic study artifacts study` with more arguments; trial 0 has two artifacts, trial 1 none."""
    make(store, tmp_path)
    finish(store, take(store), Outcome(Verdict.COMPLETE, 0.5, artifacts=(CURVES, EVERY_BYTE)))
    complete(store, take(store))
    env = environment(INFOMORPHIC_URL=str(api.base_url))
    return lambda *arguments: run("study", "artifacts", "study", *map(str, arguments), env=env)


def named(name):
    return {"name": name, "media_type": "text/csv", "size": 9, "created_at": "2025-01-02T03:04:05Z"}


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_artifacts_are_listed_for_people_and_as_json(command):
    told, document, nothing = command(0), command(0, "--json"), command(1)

    assert [done.stderr for done in (told, document, nothing)] == [""] * 3
    assert "curves.csv   text/csv           21 bytes  20" in told.stdout
    assert "weights.npz  application/x-npz  7.7 kB    20" in told.stdout
    assert [artifact["name"] for artifact in json.loads(document.stdout)] == ["curves.csv", "weights.npz"]
    assert nothing.stdout == "Trial 1 of study has no artifacts.\n"


def test_artifacts_are_saved_byte_for_byte_over_older_ones_and_beside_others(command, tmp_path):
    directory = tmp_path / "made" / "here"
    first = command(0, "--save", directory)
    (directory / "curves.csv").write_bytes(b"a much longer one, from another trial" * 10)
    (directory / "other.csv").write_bytes(b"mine")

    second = command(0, "--save", directory, "--json")

    assert f"Saved in {directory}." in first.stdout
    assert [artifact["size"] for artifact in json.loads(second.stdout)] == [21, 7680]
    assert files(directory) == {
        "curves.csv": CURVES.content,
        "weights.npz": EVERY_BYTE.content,
        "other.csv": b"mine",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("7",), "there is no trial 7"),
        (("0", "--save", "/dev/null/x"), "cannot save in /dev/null/x"),
    ],
    ids=["no trial", "no directory"],
)
def test_what_cannot_be_done_is_said_in_a_line(command, arguments, said):
    done = command(*arguments)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr


@contextmanager
def another_service(listed):
    """Environment that leads to a service which lists this as artifacts, and breaks off when it sends one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body, missing = (json.dumps(listed).encode(), 0) if self.path.endswith("/artifacts") else (b"half", 5)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + missing))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield environment(INFOMORPHIC_URL=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join(10)


def test_a_download_that_breaks_off_leaves_what_was_there(tmp_path):
    (tmp_path / "curves.csv").write_bytes(b"whole")

    with another_service([named("curves.csv")]) as env:
        done = run("study", "artifacts", "study", "0", "--save", str(tmp_path), env=env)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert files(tmp_path) == {"curves.csv": b"whole"}


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "..", ".hidden"])
def test_a_name_that_leads_elsewhere_has_nothing_saved(tmp_path, name):
    with another_service([named(name)]) as env:
        done = run("study", "artifacts", "study", "0", "--save", str(tmp_path / "here"), env=env)

    assert (done.returncode, "0.name: " in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("listed", [{}, None, [5], [{"name": "a"}], [{**named("a"), "size": "large"}]], ids=repr)
def test_a_list_that_is_none_of_ours_is_named_in_a_line(listed):
    with another_service(listed) as env:
        done = run_here("study", "artifacts", "study", "0", env=env)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "what answers is not this service" in done.stderr


def test_what_is_left_out_is_said(api, store, tmp_path):
    make(store, tmp_path)
    finish(store, take(store), Outcome(Verdict.COMPLETE, 0.5, left_out="content: history.csv has 7 bytes too many"))

    done = run_here("study", "artifacts", "study", "0", env=environment(INFOMORPHIC_URL=str(api.base_url)))

    assert done.stdout.splitlines() == [
        "Trial 0 of study has no artifacts.",
        "Left out: content: history.csv has 7 bytes too many",
    ]
