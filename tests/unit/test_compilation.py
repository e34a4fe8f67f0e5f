"""What is kept of compiled loops, in processes of their own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model.laterals import kernels as laterals
from model.neurons import kernels as neurons
from model.neurons import kernels_activation as activations
from model.pid.kernel import goal_gradient_kernel

SCRIPT = """
import numpy as np
from model.neurons.kernels_activation import output_back
one, result = np.ones((1, 1), np.float32), np.empty((1, 1), np.float32)
output_back(one, np.float32(1e-4) * one, one, result, 0, 1)
print(result[0, 0] != 0)
"""


def learns(directory):
    """Whether an output neuron that fires with probability 1e-4 learns, with the package in this directory."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1] == "True"


@pytest.fixture
def package(tmp_path):
    """A copy of the package, with nothing compiled."""
    copy = tmp_path / "model"
    shutil.copytree(Path(__file__).parents[2] / "model", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_a_constant_that_changes_in_another_file_is_noticed(package):
    before = learns(package.parent)
    text = (package / "activation.py").read_text("utf-8")
    (package / "activation.py").write_text(re.sub(r"OUTPUT_MARGIN = 1e-6", "OUTPUT_MARGIN = 1e-3", text), "utf-8")

    after = learns(package.parent)

    assert (before, after) == (True, False)


def test_loops_run_where_nothing_may_be_kept(package):
    text = (package / "compilation.py").read_text("utf-8")
    refusing = text.replace(
        "dispatcher = numba.njit(cache=True", 'raise RuntimeError("no locator")\n        numba.njit(cache=True'
    )
    assert refusing != text
    (package / "compilation.py").write_text(refusing, "utf-8")

    assert learns(package.parent)
    assert not list(package.rglob("*.nbi"))


@pytest.mark.parametrize(
    "loops",
    [
        *(neurons.sample, neurons.fixed_cells, neurons.adaptive_cells, neurons.label_cells, goal_gradient_kernel),
        *(activations.modulating, activations.linear, activations.bivariate, activations.output),
        *(activations.modulating_back, activations.linear_back, activations.bivariate_back, activations.output_back),
    ],
)
def test_loops_keep_what_tells_of_divergence_and_of_edges(loops):
    """NaN and infinities, the order of sums, and quotients as they are written."""
    assert set(loops.targetoptions["fastmath"]) == {"contract", "nsz"}


@pytest.mark.parametrize("loops", [laterals.weighted_sums, laterals.correlations])
def test_sums_over_lateral_connections_keep_what_tells_of_divergence(loops):
    assert set(loops.targetoptions["fastmath"]) <= {"contract", "nsz", "reassoc"}
