"""What training asks of a device: python -m tests.reference.recorded_step NETWORK prints it as JSON.

Of two steps and of an evaluation. NETWORK is a network's configuration as JSON.

Computed on a device that there is not: tensors have shapes and places, but no numbers that anybody could look at, so
that whatever needs one raises. A process of its own, since torch learns of the device for good.
"""

import json
import sys

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal
from model.population import Population

DEVICE = "privateuseone"


class Recorder(TorchDispatchMode):
    """Notes each operation, with the places and shapes of its tensors and the values of all else it is given."""

    def __init__(self):
        super().__init__()
        self.operations = []

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        result = operation(*arguments, **(options or {}))
        if operation.namespace not in {"prim", "profiler"}:  # asking where a tensor is; the profiler's marks
            given = tree_leaves((arguments, options))
            tensors = [leaf for leaf in (*given, *tree_leaves(result)) if isinstance(leaf, torch.Tensor)]
            values = [repr(leaf) for leaf in given if not isinstance(leaf, torch.Tensor)]
            places = [[tensor.device.type, list(tensor.shape)] for tensor in tensors]
            self.operations.append([str(operation), places, values])
        return result


def recorded(n_steps, network):
    """The operations of each step of a population after its first, then those of an evaluation."""
    with FakeTensorMode():
        template = torch.empty(0, device=DEVICE)
        goals = [(Goal.preset("heuristic", network.kind),) * network.n_goals] * 2
        members = Population(network, TrainingConfig(), goals, [1, 2], 5, 3, template)
        images, labels = torch.randn(40, 5, device=DEVICE), torch.randint(3, (40,), device=DEVICE)
        members.learn(images, labels)
        steps = []
        for _ in range(n_steps):
            with Recorder() as recorder:
                members.learn(images, labels)
            steps.append(recorder.operations)
        with Recorder() as recorder:
            members.respond(images, (1, 2))
            members.finite()
        return [*steps, recorder.operations]


if __name__ == "__main__":
    _setup_privateuseone_for_python_backend()
    sys.stdout.write(json.dumps(recorded(2, NetworkConfig.model_validate_json(sys.argv[1]))))
