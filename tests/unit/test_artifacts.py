import pytest

from service.storage.artifacts import LARGEST, Artifact
from service.storage.leases import Outcome, Verdict


@pytest.mark.parametrize("name", ["curves.csv", "a", "7", "a..b", "weights-1_2.tar.gz", "x" * 100])
def test_a_plain_file_name_is_a_name(name):
    assert Artifact(name, "text/csv", b"").name == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "../up", "/root", "a/b", "a\\b", "ä.csv", "a b", "a\n", "a\0", '"a"', "-a", "x" * 101],
)
def test_any_other_name_is_refused(name):
    with pytest.raises(ValueError, match=r"^name: .* letters A-Z and a-z"):
        Artifact(name, "text/csv", b"")


@pytest.mark.parametrize("media_type", ["text/csv", "image/svg+xml", "application/vnd.numpy.npz", "application/x-7z"])
def test_a_type_and_a_subtype_are_a_media_type(media_type):
    assert Artifact("a", media_type, b"").media_type == media_type


@pytest.mark.parametrize(
    "media_type",
    ["", "csv", "text/", "/csv", "text/csv; charset=utf-8", "text/csv\r\nX: y", "Text/CSV", "text/c/sv", "text/ä"],
)
def test_any_other_media_type_is_refused(media_type):
    with pytest.raises(ValueError, match=r"^media_type: expected one such as text/csv"):
        Artifact("a", media_type, b"")


def test_content_may_have_so_many_bytes_and_none_more():
    assert len(Artifact("a", "text/csv", bytes(LARGEST)).content) == LARGEST

    with pytest.raises(ValueError, match=f"^content: a has {LARGEST + 1} bytes; an artifact has at most {LARGEST}"):
        Artifact("a", "text/csv", bytes(LARGEST + 1))


def test_two_artifacts_of_a_run_cannot_have_one_name():
    with pytest.raises(ValueError, match=r"^artifacts: each of a run's has a name of its own; got \['a', 'a'\]"):
        Outcome(Verdict.COMPLETE, 0.5, artifacts=(Artifact("a", "text/csv", b"1"), Artifact("a", "text/csv", b"2")))


def test_content_is_not_printed_with_an_outcome():
    printed = repr(Outcome(Verdict.COMPLETE, 0.5, artifacts=(Artifact("a", "text/csv", b"much"),)))

    assert "'a'" in printed
    assert "much" not in printed
