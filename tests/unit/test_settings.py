"""Settings that follow from others."""

import pytest

from service.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch):
    for name in ("INFOMORPHIC_URL", "INFOMORPHIC_HOST", "INFOMORPHIC_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"INFOMORPHIC_PORT": "9000"}, "http://127.0.0.1:9000"),
        ({"INFOMORPHIC_HOST": "::1"}, "http://[::1]:8000"),
        ({"INFOMORPHIC_PORT": "9000", "INFOMORPHIC_URL": "http://gpu:80"}, "http://gpu:80"),
    ],
)
def test_the_service_is_looked_for_where_it_listens_unless_told_otherwise(monkeypatch, environment, url):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert Settings().url == url
