"""Importances on the command line, against a service in this process: no worker is needed."""

import json

import pytest

from service.importances import answers
from tests.e2e.commands import environment
from tests.e2e.commands_here import run
from tests.integration.searched_studies import told


@pytest.fixture
def command(api, store, tmp_path):
    """`infomorphic importance study` with more arguments; the trials are those of TPE, and enough."""
    told(store, tmp_path, 30, sampler="tpe")
    env = environment(INFOMORPHIC_URL=str(api.base_url))
    return lambda *arguments: run("importance", "study", *arguments, env=env)


def test_importances_are_shown_with_bars_and_what_to_beware_of(command):
    done = command()

    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert done.returncode == 0
    assert "mdi of 30 trials of study, which tpe chose" in done.stdout
    assert lines["{F}{C}"].count("█") == 30  # the first of the weights matters most
    assert lines["H_res"].count("█") < lines["{FCL}"].count("█") < 30
    assert "8 forests of 16 trees" in done.stdout
    assert "close to noise" in done.stderr


def test_what_is_computed_is_waited_for_with_a_word(command, monkeypatch):
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 0)

    done = command("--method", "ped_anova", "--json")

    assert json.loads(done.stdout)["method"] == "ped_anova"
    assert "are being computed" in done.stderr


def test_what_is_missing_is_told_in_one_line(command):
    done = command("--trials", "design")

    assert (done.returncode, done.stdout) == (1, "")
    assert "has no design yet" in done.stderr
