"""A study of a running service as what to train with, over real HTTP; and what answers that is no such service."""

import json
import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from model import service_answer
from model.config import NetworkConfig, TrainingConfig
from model.errors import ServiceAnswerError
from model.goal import Goal
from model.study_source import fetch_study
from service.runs import finish
from service.storage.leases import Outcome, Verdict
from tests.conftest import serving, settings_for
from tests.integration.driving import complete, make, take
from tests.ports import free_port

KEY = "sesame:open~yourself!"
GOAL = Goal.of({"{F}{C}": 0.1 + 0.2, "{FCL}": -1e-05, "H_res": 5e-324})


def searched(store, data_dir, **changes):
    """A study whose second trial, with GOAL, is its best so far."""
    initial = [{"{FCL}": 0.5}, GOAL.as_dict()]
    make(store, data_dir, dataset="own", initial_goals=initial, n_trials=5, **changes)
    for accuracy in (0.5, 0.75):
        complete(store, take(store), accuracy)


def refusal(url, api_key=None):
    with pytest.raises(ServiceAnswerError) as refused:
        fetch_study(url, api_key)
    message = str(refused.value)
    assert "\n" not in message
    return message


@pytest.fixture
def study_url(api, store, own_data):
    searched(
        store,
        own_data.parent,
        network={"hidden_neurons": 30, "lateral_connections": 7, "context": ["output"]},
        training={"epochs": 3, "batch_size": 77, "data_seed": 5, "hidden_learning_rate": 0.1 + 0.2},
    )
    return f"{api.base_url}/studies/study"


def test_a_study_is_taken_with_its_best_goal_to_the_last_digit(study_url):
    study = fetch_study(study_url)

    assert study.network == NetworkConfig(hidden_neurons=30, lateral_connections=7, context=["output"])
    assert study.training == TrainingConfig(epochs=3, batch_size=77, data_seed=5, hidden_learning_rate=0.1 + 0.2)
    assert study.dataset == "own"
    assert study.goals(study.network) == (GOAL,)


def test_the_goal_with_the_best_mean_is_taken_not_that_of_the_best_network(api, store, tmp_path):
    make(store, tmp_path, initial_goals=[{"{FCL}": 0.5}, GOAL.as_dict()], repeats=2)
    for repeats in ((0.25, 1.0), (0.75, 0.75)):
        finish(store, take(store), Outcome(Verdict.COMPLETE, sum(repeats) / 2, repeats=repeats))

    study = fetch_study(f"{api.base_url}/studies/study")

    assert study.goals(study.network) == (GOAL,)


@pytest.mark.parametrize("path", ["v1/studies/study", "v1/studies/study/", "studies/study/"])
def test_a_study_has_the_addresses_of_the_api_and_of_people(api, study_url, path):
    assert fetch_study(f"{api.base_url}/{path}") == fetch_study(study_url)


def test_the_goal_is_that_of_all_layers_of_another_network_if_it_fits(study_url):
    study = fetch_study(study_url)

    assert study.goals(NetworkConfig(hidden_neurons=[20, 10])) == (GOAL,) * 2
    with pytest.raises(ServiceAnswerError, match=r"best goal of http.*/v1/studies/study does not fit the network: "):
        study.goals(NetworkConfig(lateral_connections=0))


def test_a_study_with_a_goal_for_each_layer_is_taken_with_all(api, store, own_data):
    goals = [GOAL.as_dict(), {"{FCL}": 0.5}]
    network = {"hidden_neurons": [6, 5]}
    fixed = dict.fromkeys(Goal.preset("heuristic").terms, 0.0)
    space = {**fixed, "1:{F}{C}": 0.1 + 0.2, "1:{FCL}": -1e-05, "1:H_res": 5e-324, "2:{FCL}": {"low": 0.25}}
    make(
        store,
        own_data.parent,
        network=network,
        goal_per_layer=True,
        search_space=space,
        initial_goals=[goals],
        n_trials=1,
    )
    complete(store, take(store))

    study = fetch_study(f"{api.base_url}/studies/study")

    assert study.goals(study.network) == (GOAL, Goal.of({"{FCL}": 0.5}))


def test_a_network_without_goals_is_taken_without(api, store, own_data):
    make(store, own_data.parent, network={"learning": "backpropagation"}, search_space={}, n_trials=1)
    complete(store, take(store))

    study = fetch_study(f"{api.base_url}/studies/study")

    assert study.goals(study.network) == ()


def test_a_service_on_this_machine_is_asked_past_proxies(study_url, monkeypatch):
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert fetch_study(study_url).dataset == "own"


@pytest.mark.parametrize("shown", [KEY, f" {KEY}\n"])
def test_the_key_is_shown(database_url, store, tmp_path, shown):
    make(store, tmp_path, n_trials=1)
    complete(store, take(store))

    with serving(settings_for(database_url, tmp_path, api_key=KEY)) as api:
        assert fetch_study(f"{api.base_url}/studies/study", shown).dataset == "digits"


def test_without_the_right_key_that_is_what_is_said(database_url, tmp_path):
    with serving(settings_for(database_url, tmp_path, api_key=KEY)) as api:
        url = f"{api.base_url}/studies/study"

        assert refusal(url).endswith("; set API_KEY")
        assert refusal(url, "wrong").endswith("; API_KEY holds another")
        assert "this service needs its API key" in refusal(url)


@pytest.mark.parametrize("key", ["hunter 2", "hunter2\n\rx", "hünter2", " "])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(study_url, key):
    message = refusal(study_url, key)

    assert "API_KEY cannot be sent" in message
    assert "nter" not in message


def test_an_unknown_study_is_named(api):
    assert refusal(f"{api.base_url}/studies/none") == (
        f"{api.base_url}/v1/studies/none: there is no study named 'none'"
    )


def test_a_study_without_a_complete_trial_is_told_apart(api, store, tmp_path):
    make(store, tmp_path)
    take(store)

    assert refusal(f"{api.base_url}/studies/study").endswith("study 'study' has no complete trial yet")


def test_a_database_that_is_away_is_what_is_said(tmp_path):
    with serving(settings_for(f"postgresql://me:secret@127.0.0.1:{free_port()}/none", tmp_path)) as api:
        assert refusal(f"{api.base_url}/studies/study").endswith("the database cannot be reached; try again later")


def test_where_nothing_answers_the_address_is_named():
    port = free_port()

    message = refusal(f"http://127.0.0.1:{port}/studies/study")

    assert message == f"no service answers at http://127.0.0.1:{port} ([Errno 111] Connection refused)"


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "study",
            "/studies/study",
            "127.0.0.1:8000/studies/study",
            "ftp://host/studies/study",
            "file:///studies/x",
        ),
        *("http:///studies/study", "http://host/studies/", "http://host/studies", "http://host/v2/studies/study"),
        *("http://host/dashboard/studies/3", "http://host/studies/study/best", "http://host/studies/../study"),
        *("http://host/studies/a%2Fb", "http://host/studies/a?x=1", "http://host/studies/a#x", "http://[::1/studies/a"),
        *("http://me:secret@host/studies/a",),
    ],
)
def test_what_is_no_address_of_a_study_is_refused_with_one(url):
    message = refusal(url)

    assert message == "expected a study's address, such as http://127.0.0.1:8000/studies/NAME"


@pytest.mark.parametrize(
    "url", ["http://a b:1/studies/x", "http://127.0.0.1:x/studies/x", "http://127.0.0.1:99999/studies/x"]
)
def test_an_address_that_cannot_be_asked_is_named(url):
    assert f"no service answers at {url.partition('/studies')[0]} (" in refusal(url)


# Others that answer.


@contextmanager
def answering(answer):
    """Address of a study on a server that answers every path with what `answer` makes of it; and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Authorization"]))
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # who asks may have read enough
                self.wfile.write(body)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/studies/study", asked
        finally:
            server.shutdown()
            thread.join()


def as_json(document):
    return lambda _path: (200, {}, json.dumps(document).encode())


def test_the_key_does_not_follow_a_redirect():
    with answering(as_json({})) as (elsewhere, asked_elsewhere):
        for status in (301, 302, 303, 307, 308):
            with answering(lambda _path, status=status: (status, {"Location": elsewhere}, b"")) as (url, asked):
                message = refusal(url, KEY)

            assert asked == [("/v1/studies/study", f"Bearer {KEY}")]
            assert message.endswith(f"it is elsewhere, at {elsewhere}; name that address if you trust it")
    assert asked_elsewhere == []


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"<html></html>"),
        (200, {}, b""),
        (200, {}, b"null"),
        (200, {}, b"\xff"),
        (200, {}, b"[" * 100_000),
        (200, {"Content-Length": "500"}, b'{"spec": '),
        (200, {}, b"[]"),
        (200, {}, b"{}"),
        (200, {}, b'{"spec": 3, "goal": {}}'),
        (200, {}, b'{"spec": {"network": {}, "training": {}}, "goal": {}}'),
        (404, {}, b"<html>Not Found</html>"),
        (404, {}, b'["detail"]'),
        (500, {}, b""),
    ],
)
def test_what_is_another_service_is_told_apart(answer):
    with answering(lambda _path: answer) as (url, _):
        assert "what answers there is not this service" in refusal(url)


def test_what_does_not_speak_http_is_told_apart():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 mail\r\nready\r\n")
                connection.recv(1000)

        greeting = threading.Thread(target=greet)
        greeting.start()
        message = refusal(f"http://127.0.0.1:{server.getsockname()[1]}/studies/study")
        greeting.join()

    assert message.endswith(" (220 mail)")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"network": {"dendrites": 3}}, "unknown fields ['dendrites']; valid are hidden_neurons, "),
        ({"network": {"learning": "dreams"}}, "learning: Input should be 'goals', 'backpropagation' or 'fixed'"),
        ({"training": {"optimiser": "new"}}, "unknown fields ['optimiser']; valid are epochs, "),
        ({"network": 3}, "this version does not know such a study"),
    ],
)
def test_a_study_of_a_newer_version_is_refused_by_what_is_not_known(changes, said):
    spec = {"network": {}, "training": {}, "dataset": "digits", "sampler": "of the future", **changes}

    with answering(as_json({"spec": spec, "goal": GOAL.as_dict()})) as (url, _):
        message = refusal(url)

    assert "this version does not know such a study" in message
    assert said in message


@pytest.mark.parametrize("goal", [None, 3, "none", [1, 2], {"{R}": 1}, [{"{F}": 1}, {"{F}": 1}]])
def test_a_best_goal_that_is_none_is_refused(goal):
    spec = {"network": {}, "training": {}, "dataset": "digits"}

    with answering(as_json({"spec": spec, "goal": goal})) as (url, _):
        study = fetch_study(url)

    with pytest.raises(ServiceAnswerError, match="does not fit the network"):
        study.goals(study.network)


def test_an_endless_answer_is_not_read_to_its_end():
    with answering(lambda _path: (200, {}, b'"' + b" " * 2 * service_answer.MOST_BYTES)) as (url, _):
        assert "what answers there is not this service" in refusal(url)


def test_a_service_that_never_answers_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(service_answer, "PATIENCE_SECONDS", 0.1)
    stopped = threading.Event()

    def wait(_path):
        stopped.wait(60)
        return 200, {}, b""

    with answering(wait) as (url, _):
        try:
            assert "(timed out)" in refusal(url)
        finally:
            stopped.set()
