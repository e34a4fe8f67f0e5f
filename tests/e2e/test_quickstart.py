import re

from model.goal import TERMS
from tests.e2e.commands import environment, run
from tests.ports import free_port


def test_quickstart_ends_with_the_best_goal_its_accuracies_the_tally_and_the_addresses(own_state):
    port = free_port()
    env = environment(INFOMORPHIC_STATE_DIR=str(own_state), INFOMORPHIC_PORT=str(port))

    done = run("quickstart", "--trials", "3", env=env)

    assert (done.returncode, done.stderr) == (0, "")
    words = done.stdout.split("Best goal of quickstart (trial ")[1]
    weights = re.findall(r"^(\S+) +([+-]\d\.\d{4})", words, re.MULTILINE)
    assert [term for term, _ in weights] == list(TERMS)
    assert all(-1 <= float(weight) <= 1 for _, weight in weights)
    assert re.search(r"Validation accuracy +\d+\.\d\d% with the best goal", words)
    assert re.search(r" +\d+\.\d\d% with the published heuristic goal", words)
    assert "3 complete" in words
    assert f"http://127.0.0.1:{port}/docs" in words
    assert f"http://127.0.0.1:{port}/dashboard/studies/1" in words
