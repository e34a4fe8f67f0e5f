"""A training step on a device neither waits for the device nor copies anything to or from it.

There may be no GPU: the step is computed on a device that only knows shapes.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from model.optimiser import adam

DEVICE = "privateuseone"


NETWORKS = {
    "setup 1": {"hidden_neurons": 6},
    "setup 2": {"hidden_neurons": 6, "lateral_connections": 3},
    "deep, with feedback": {"hidden_neurons": [6, 4], "context": ["label", "output"], "lateral_connections": 3},
    "linear": {"hidden_neurons": 6, "activation": "linear"},
    "context only": {"hidden_neurons": 6, "lateral_connections": 0},
    "fixed": {"hidden_neurons": 6, "learning": "fixed"},
}


@pytest.fixture(scope="module", params=NETWORKS.values(), ids=NETWORKS)
def steps(request):
    """Operations of two training steps and of an evaluation.

    Each is its name, its tensors' devices and shapes, and its other arguments.
    """
    command = [sys.executable, "-m", "tests.reference.recorded_step", json.dumps(request.param)]
    root = Path(__file__).parents[2]
    recorded = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True, timeout=120)
    assert recorded.returncode == 0, recorded.stderr
    return json.loads(recorded.stdout)


@pytest.mark.parametrize("which", [0, 2], ids=["step", "evaluation"])
def test_every_tensor_is_on_the_device(steps, which):
    devices = {device for _, places, _ in steps[which] for device, _ in places}

    assert devices == {DEVICE}


def test_a_step_takes_no_numbers_from_the_host_or_to_it(steps):
    names = {name for name, _, _ in steps[0]}

    assert "aten._fused_adam_.default" in names
    assert not {name for name in names if "scalar_dense" in name or "nonzero" in name or "lift" in name}


def test_steps_differ_in_nothing_but_what_is_on_the_device(steps):
    first, second, _ = steps

    assert first == second


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_only_on_gpus_adam_is_one_that_a_graph_may_capture(device):
    with FakeTensorMode():
        optimiser = adam([([torch.zeros(3, device=device)], 0.1, 0.0)])

    assert [(group["fused"], group["capturable"]) for group in optimiser.param_groups] == [(True, device == "cuda")]
