import base64
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from service.search import trials
from tests.conftest import database, serving, settings_for
from tests.integration.driving import make, take

KEY = "sesame:open~yourself!"
BASIC = base64.b64encode(f"anyone:{KEY}".encode()).decode()
SHOWN = [
    {"authorization": f"Bearer {KEY}"},
    {"authorization": f"bearer {KEY}"},
    {"x-api-key": KEY},
    {"authorization": f"Basic {BASIC}"},
]
NOT_SHOWN = [
    {},
    {"authorization": "Bearer wrong"},
    {"authorization": f"Bearer {KEY}x"},
    {"authorization": KEY},
    {"authorization": "Bearer"},
    {"authorization": "Basic !!!"},
    {"authorization": "Basic " + base64.b64encode(KEY.encode()).decode()},
    {"x-api-key": ""},
    {"x-api-key": "wrong"},
]
GUARDED = ["/", "/v1/studies", "/v1/goals", "/v1/nothing", "/docs", "/openapi.json", "/dashboard", "/api/studies"]


def raw(headers):
    return {name: value.encode() for name, value in headers.items()}


@pytest.fixture(scope="module")
def access_database_url(migrated_template, postgres_server):
    with database(postgres_server, "access", migrated_template) as url:
        yield url


@pytest.fixture(scope="module")
def keyed_api(access_database_url):
    """A service with a key; one for all tests, which change nothing."""
    with serving(settings_for(access_database_url, Path(), api_key=KEY)) as client:
        yield client


@pytest.fixture(scope="module")
def open_api(access_database_url):
    """A service without a key; one for all tests, which change nothing."""
    with serving(settings_for(access_database_url, Path())) as client:
        yield client


def test_every_path_but_health_needs_the_key(keyed_api):
    for path in (*GUARDED, "/static/x", "/csv/1", "/artifacts/1", "/v1/studies/a", "/healthz/"):
        response = keyed_api.get(path)
        assert (path, response.status_code) == (path, 401)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["www-authenticate"].startswith("Basic")
    for path in ("/healthz", "/readyz"):
        assert keyed_api.get(path).status_code == 200


@pytest.mark.parametrize("headers", SHOWN)
def test_the_key_may_be_shown_in_each_of_the_three_ways(keyed_api, headers):
    assert keyed_api.get("/v1/studies", headers=raw(headers)).status_code == 200
    assert keyed_api.get("/dashboard", headers=raw(headers)).status_code == 200


@pytest.mark.parametrize("headers", NOT_SHOWN)
def test_anything_else_is_refused(keyed_api, headers):
    assert keyed_api.get("/v1/studies", headers=raw(headers)).status_code == 401


def test_with_a_key_any_host_name_will_do(keyed_api):
    headers = raw({"host": "search.lab.example", "x-api-key": KEY})

    assert keyed_api.get("/v1/studies", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8000", "127.0.0.2", "127.0.0.2:8000", "[::1]:8000", "[::1]"],
)
def test_without_a_key_this_machine_is_served(open_api, host):
    assert open_api.get("/v1/studies", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "a@localhost",
        "",
        "128.0.0.1",
        "0.0.0.0",
        "::1",
        "[::1]evil.example",
        "[::2]",
        "[localhost]",
        "[127.0.0.1]",
        "127.0.0.1:8000:1",
        "127.0.0.1:evil.example",
    ],
)
def test_without_a_key_other_host_names_are_refused(open_api, host):
    for path in ("/v1/studies", "/dashboard", "/healthz"):
        response = open_api.get(path, headers={"host": host})
        assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_changes_nothing(api, store, tmp_path, origin):
    make(store, tmp_path)

    response = api.post("/v1/studies/study/stop", headers={"origin": origin})

    assert response.status_code == 403
    assert api.get("/v1/studies/study").json()["state"] == "running"


def test_a_page_of_this_origin_may_change_things(api, store, tmp_path):
    make(store, tmp_path)
    origin = str(api.base_url).rstrip("/")

    assert api.post("/v1/studies/study/stop", headers={"origin": origin}).status_code == 200


def test_the_first_page_leads_to_the_dashboard_and_that_shows_the_study(api, store, tmp_path):
    make(store, tmp_path, n_trials=1)
    run = take(store)
    study = api.get("/v1/studies/study").json()
    number = study["dashboard"].rpartition("/")[2]

    assert api.get("/").headers["location"] == "/dashboard"
    page = api.get(study["dashboard"])
    shown = api.get(f"/api/studies/{number}").json()
    table = api.get(f"/csv/{number}")

    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
    assert [trial["state"] for trial in shown["trials"]] == ["Running"]
    assert {attribute["key"] for attribute in shown["trials"][0]["user_attrs"]} == {trials.LEASE}
    assert table.status_code == 200
    assert str(run.goals[0].as_dict()["{FCL}"]) in table.text


def test_the_dashboard_cannot_change_anything(api, store, tmp_path):
    make(store, tmp_path)
    number = store.trials.get_study_id_from_name("study")

    for method, path in (
        ("DELETE", f"/api/studies/{number}"),
        ("POST", "/api/studies"),
        ("POST", f"/api/studies/{number}/rename"),
        ("PUT", f"/api/studies/{number}/note"),
        ("POST", "/api/trials/1/tell"),
        ("PATCH", "/dashboard"),
    ):
        response = api.request(method, path, json={})
        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
    assert [study.study_name for study in store.trials.get_all_studies()] == ["study"]


def test_large_answers_are_compressed(open_api):
    assert open_api.get("/v1/goals", headers={"accept-encoding": "gzip"}).headers["content-encoding"] == "gzip"


def test_a_connection_that_is_cut_in_mid_request_leaves_the_service_well(api):
    def half():
        yield b'{"name": '
        raise RuntimeError

    with httpx.Client(base_url=api.base_url, trust_env=False) as other, pytest.raises(RuntimeError):
        other.post("/v1/studies", content=half(), headers={"content-type": "application/json"})

    assert api.get("/v1/studies").json()["total"] == 0


@pytest.mark.parametrize("around", ["{}", "{} ", "{}\n", " \t{}\r\n"])
def test_white_space_around_the_key_is_no_part_of_it(around):
    assert settings_for(None, Path(), api_key=around.format(KEY)).api_key.get_secret_value() == KEY


@pytest.mark.parametrize("key", ["", " ", "hunter 2", "hunter\n2", "hünter2", "hunter2\x00", "hunter2\x7f"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key):
    with pytest.raises(ValidationError, match="visible ASCII") as refusal:
        settings_for(None, Path(), api_key=key)

    assert "nter" not in str(refusal.value)


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_nobody_could_find_is_refused(port):
    with pytest.raises(ValidationError, match="port"):
        settings_for(None, Path(), port=port)
