"""The goal's gradient compiled for the CPU: work for each distinct cell instead of each sample.

The bins of a batch's sources repeat: of 1024 samples some hundreds lie in cells of their own. The gradient is the same
for all samples of a cell, so logarithms and quotients are taken once for each distinct cell, and samples are only
counted into their cell and read back from it.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor

from model.binning import BINS
from model.lattice import Lattice
from model.pid.kernel import goal_gradient_kernel
from model.pid.weights import redundancy_weights


def goal_gradient(
    bins: Int64[Tensor, "source neuron sample"],
    theta: Float[Tensor, "neuron sample"],
    gamma: Float[Tensor, "neuron term"],
    lattice: Lattice,
) -> Float[Tensor, "neuron sample"]:
    """`model.pid.goal_gradient` for float32 on the CPU and two or three sources.

    Its threads are torch's number of threads, each taking a share of the neurons.
    """
    gradient = torch.empty_like(theta)
    compute = partial(
        goal_gradient_kernel,
        bins.numpy(),
        theta.contiguous().numpy(),
        redundancy_weights(gamma, lattice).numpy(),
        gamma[:, -1].numpy(),
        *_collections(lattice),
        gradient.numpy(),
    )
    threads = min(torch.get_num_threads(), len(theta))
    if threads == 1:
        compute(0, len(theta))
        return gradient
    bounds = [len(theta) * thread // threads for thread in range(threads + 1)]
    # Threads of our own: a second OpenMP beside torch's would have idle threads of both spin on the same cores.
    parts = [_pool(threads).submit(compute, *part) for part in pairwise(bounds)]
    for part in parts:
        part.result()
    return gradient


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="goal-gradient")


@cache
def _collections(lattice: Lattice) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Inclusion–exclusion, (antichain, collection), and each source's stride in each collection's cells."""
    strides = np.zeros((len(lattice.collections), len(lattice.sources)), dtype=np.int64)
    for row, collection in enumerate(lattice.collections):
        members = [position for position, source in enumerate(lattice.sources) if source in collection]
        for rank, position in enumerate(reversed(members)):
            strides[row, position] = BINS**rank
    return lattice.inclusion_exclusion.astype(np.float32), strides
