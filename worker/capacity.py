"""How many trials a worker takes at once."""

import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch

from model.backpropagation import population_kind
from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal
from service.algorithms import Tpe
from service.record_size import RecordKind, record_bytes
from service.search.generations import generation_size
from service.spec import AUTO, StudySpec

ROUNDS_OF_RESULTS = 20
"""Left to itself, a worker takes at most one in so many of a study's trials, so that the sampler learns between."""

WORTHWHILE = 0.95
"""Twice as many networks are worth it while each then takes at most this share of its time before."""

MOST_TOGETHER = 256
"""Networks of a population whose size is measured; a study may name more."""

MOST_MEMORY = 0.25
"""Share of the device's free memory that a population may be expected to take; workers share the device."""

STEPS = 3

CGROUP = Path("/sys/fs/cgroup")


def how_many_together(spec: StudySpec, left: int, workers: int, capacity: Callable[[StudySpec], int]) -> int:
    """How many trials to train as one population.

    Args:
        spec: The study's.
        left: Trials that nobody has yet.
        workers: Workers among which they are to be shared.
        capacity: How many networks of a study pay to train together; asked only when it matters.
    """
    if spec.trials_per_worker != AUTO:
        return min(left, spec.trials_per_worker)
    size = generation_size(spec)
    share = math.ceil(min(left, size or left) / workers)
    if size is None and isinstance(spec.sampler, Tpe):  # the others learn nothing from results
        share = min(share, max(1, spec.n_trials // ROUNDS_OF_RESULTS))
    return share if share <= 1 else max(1, min(share, capacity(spec) // spec.repeats))


def networks_that_pay(
    network: NetworkConfig,
    training: TrainingConfig,
    n_inputs: int,
    n_labels: int,
    device: torch.device,
    record: RecordKind,
) -> int:
    """The largest population, of a power of two, whose networks each train faster than in half of it; measured here.

    Args:
        network: The networks.
        training: How they are trained.
        n_inputs: Pixels of an image.
        n_labels: Classes.
        device: Where to compute.
        record: What is recorded of each network meanwhile.
    """
    size, seconds = 1, _seconds_a_network(1, network, training, n_inputs, n_labels, device)
    needed = _bytes(network, training, n_inputs, record) + record_bytes(record, network, training.epochs, n_labels)
    while 2 * size <= MOST_TOGETHER and 2 * size * needed < MOST_MEMORY * _free(device):
        doubled = _seconds_a_network(2 * size, network, training, n_inputs, n_labels, device)
        if doubled > WORTHWHILE * seconds:
            break
        size, seconds = 2 * size, doubled
    return size


def _seconds_a_network(
    size: int, network: NetworkConfig, training: TrainingConfig, n_inputs: int, n_labels: int, device: torch.device
) -> float:
    template = torch.empty(0, device=device)
    goals = [(Goal.preset("heuristic", network.kind),) * network.n_goals] * size
    population = population_kind(network)(network, training, goals, range(size), n_inputs, n_labels, template)
    images = torch.randn(training.batch_size, n_inputs, device=device)
    labels = torch.randint(n_labels, (training.batch_size,), device=device)
    fastest = math.inf
    for step in range(1 + STEPS):  # the first one compiles, or allocates
        began = time.perf_counter()
        population.learn(images, labels)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        fastest = min(fastest, time.perf_counter() - began) if step else fastest
    return fastest / size


def _bytes(network: NetworkConfig, training: TrainingConfig, n_inputs: int, record: RecordKind) -> int:
    """About what a network takes: weights, gradients and Adam's moments, and a dozen arrays of activity.

    Who is recorded has the weights of an epoch before as well, and those of now again, to be compared.
    """
    weights, before = 0, n_inputs
    for neurons in network.layers:
        heard = neurons if network.lateral_connections is None else network.lateral_connections
        weights += neurons * (before + heard)
        before = neurons
    activity = sum(network.layers) * training.batch_size
    return 4 * ((4 if record == "none" else 6) * weights + 12 * activity)


def _free(device: torch.device) -> int:
    """Bytes that may still be had on the device; in a container, of what it may have."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, StopIteration, ValueError):  # counts what caches would give back
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        available = 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    with suppress(OSError, ValueError):  # not in a container of this kind, or in one without a limit
        most, held = (int((CGROUP / name).read_text("ascii")) for name in ("memory.max", "memory.current"))
        available = min(available, most - held)
    return available
