"""Accept headers against what is offered; the rules are RFC 9110's, section 12.5.1."""

import pytest

from service.api.negotiation import preferred

OFFERED = ("application/json", "application/yaml", "text/yaml", "application/x-npy")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/yaml"),
        ("application/x-npy", "application/x-npy"),
        ("APPLICATION/X-NPY", "application/x-npy"),
        ("application/x-npy, application/json", "application/json"),
        ("application/json;q=0.5, application/x-npy;q=0.75", "application/x-npy"),
        ("application/json;q=0, */*", "application/yaml"),
        ("*/*;q=0.1, application/x-npy ; q=0.2", "application/x-npy"),
        ("text/*, application/yaml;q=0.9", "text/yaml"),
        ("application/yaml; charset=utf-8", "application/yaml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
        ("nonsense, application/x-npy", "application/x-npy"),
        ("application/json;q=high, application/x-npy;q=0.1", "application/x-npy"),
    ],
)
def test_what_is_wanted_most_is_chosen(accept, expected):
    assert preferred(accept, OFFERED) == expected


@pytest.mark.parametrize("accept", ["text/html", "image/*", "*/*;q=0", "application/json;q=0.0", "json", ",;"])
def test_what_is_not_offered_is_not_chosen(accept):
    assert preferred(accept, OFFERED) is None
