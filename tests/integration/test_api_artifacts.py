"""Artifacts over HTTP: our own addresses, and those of the dashboard."""

from datetime import datetime

import pytest
from optuna.artifacts import get_all_artifact_meta
from optuna.storages import RDBStorage

from service.runs import finish
from service.storage.artifacts import Artifact
from service.storage.leases import Outcome, Verdict
from tests.conftest import serving, settings_for
from tests.integration.driving import act, complete, delete, make, optuna_trials, take

CURVES = Artifact("curves.csv", "text/csv", b"epoch,accuracy\n1,0.5\n")
EVERY_BYTE = Artifact("weights.npz", "application/x-npz", bytes(range(256)) * 30)
PAGE = Artifact("page.html", "text/html", b"<script>fetch('/v1/studies')</script>")
ALL = (CURVES, EVERY_BYTE, PAGE)
ADDRESS = "/v1/studies/study/trials/0/artifacts"


@pytest.fixture
def with_artifacts(store, tmp_path):
    """A study whose first trial has artifacts and whose second has none."""
    make(store, tmp_path)
    finish(store, take(store), Outcome(Verdict.COMPLETE, 0.5, artifacts=ALL))
    complete(store, take(store))


def dashboard_address(store, artifact):
    trial = optuna_trials(store)[0]
    (meta,) = [m for m in get_all_artifact_meta(trial, storage=store.trials) if m.filename == artifact.name]
    number = store.trials.get_study_id_from_name("study")
    return f"/artifacts/{number}/{trial._trial_id}/{meta.artifact_id}"


def test_a_trials_artifacts_are_listed_by_name(api, with_artifacts):
    listed = api.get(ADDRESS).json()

    assert [(a["name"], a["media_type"], a["size"]) for a in listed] == [
        ("curves.csv", "text/csv", 21),
        ("page.html", "text/html", 37),
        ("weights.npz", "application/x-npz", 7680),
    ]
    assert {datetime.fromisoformat(a["created_at"]).tzinfo is None for a in listed} == {False}
    assert api.get("/v1/studies/study/trials/1/artifacts").json() == []


@pytest.mark.parametrize("artifact", ALL, ids=lambda artifact: artifact.name)
def test_an_artifact_is_answered_byte_for_byte_as_a_file_that_no_browser_shows(api, with_artifacts, artifact):
    response = api.get(f"{ADDRESS}/{artifact.name}")

    assert (response.status_code, response.content) == (200, artifact.content)
    assert response.headers["content-type"] == artifact.media_type
    assert response.headers["content-disposition"] == f'attachment; filename="{artifact.name}"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "sandbox"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("artifact", ALL, ids=lambda artifact: artifact.name)
def test_the_dashboards_address_serves_the_same_as_safely(api, store, with_artifacts, artifact):
    response = api.get(dashboard_address(store, artifact), headers={"origin": "https://evil.example"})

    assert (response.status_code, response.content) == (200, artifact.content)
    assert response.headers["content-type"] == artifact.media_type
    assert response.headers["content-disposition"] == f'attachment; filename="{artifact.name}"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "sandbox"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in response.headers


def test_the_dashboard_lists_a_trials_artifacts(api, store, with_artifacts):
    number = store.trials.get_study_id_from_name("study")

    shown = api.get(f"/api/studies/{number}").json()["trials"]

    assert api.get("/api/meta").json()["artifact_is_available"] is True
    assert sorted(a["filename"] for a in shown[0]["artifacts"]) == ["curves.csv", "page.html", "weights.npz"]
    assert shown[1]["artifacts"] == []


def test_the_dashboard_can_neither_add_nor_remove_an_artifact(api, store, with_artifacts):
    of_trial, _, key = dashboard_address(store, CURVES).rpartition("/")
    for method, path in (("POST", f"/api{of_trial}"), ("DELETE", f"/api{of_trial}/{key}")):
        response = api.request(method, path, json={"file": "data:text/plain;base64,YQ==", "filename": "a"})
        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")

    assert len(api.get(ADDRESS).json()) == 3


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("study/trials/0/artifacts/none.csv", "no artifact 'none.csv'; it has curves.csv, page.html, weights.npz"),
        ("study/trials/1/artifacts/curves.csv", "trial 1 of study 'study' has no artifact 'curves.csv'; it has none"),
        ("study/trials/7/artifacts/curves.csv", "there is no trial 7"),
        ("study/trials/7/artifacts", "there is no trial 7"),
        ("other/trials/0/artifacts/curves.csv", "there is no study named 'other'"),
        ("other/trials/0/artifacts", "there is no study named 'other'"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(api, with_artifacts, path, said):
    response = api.get(f"/v1/studies/{path}")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert said in response.json()["detail"]


@pytest.mark.parametrize("name", ["..%2fcurves.csv", "a%2Fb", ".hidden", "%C3%A4.csv", "a%00", "%22", "x" * 101])
def test_a_name_that_no_artifact_can_have_is_never_looked_for(api, with_artifacts, name):
    response = api.get(f"{ADDRESS}/{name}")

    # A slash makes another address of it, of which there is none.
    assert response.status_code == (404 if "%2f" in name.lower() else 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_artifacts_need_the_key_like_everything_else(settings, store, with_artifacts):
    paths = (ADDRESS, f"{ADDRESS}/curves.csv", dashboard_address(store, CURVES))

    with serving(settings_for(settings.database_url, settings.data_dir, api_key="sesame")) as keyed:
        without = [keyed.get(path).status_code for path in paths]
        shown = [keyed.get(path, headers={"x-api-key": "sesame"}).status_code for path in paths]

    assert (without, shown) == ([401] * 3, [200] * 3)


def test_a_deleted_studys_artifacts_are_gone_from_both_addresses(api, store, with_artifacts):
    address = dashboard_address(store, CURVES)
    assert (api.get(address).status_code, api.head(address).status_code) == (200, 200)

    act(store, "stop")
    delete(store)

    assert api.get(f"{ADDRESS}/curves.csv").status_code == 404
    assert api.get(address).status_code == 404


HUGE = f"{'f' * 40}-0-61"


@pytest.mark.parametrize(
    "path", ["1/1/1-0-6e6f6e65", f"{10**30}/1/1-0-61", "1/1/x", f"1/1/{HUGE}", "1/1/1-0-00", "1/1", "1/1-0-61", ""]
)
def test_an_artifact_that_the_dashboard_does_not_list_is_not_found(api, with_artifacts, path):
    response = api.get(f"/artifacts/{path}")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_a_trial_is_looked_up_without_reading_all_others(api, store, with_artifacts, monkeypatch):
    def read_all(*_given, **_named):
        raise AssertionError("all trials were read")

    monkeypatch.setattr(RDBStorage, "_get_trials", read_all)

    found = [api.get(path).status_code for path in (ADDRESS, "/v1/studies/study/trials/1")]

    assert found == [200, 200]
