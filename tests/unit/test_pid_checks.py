"""What does not belong together is refused before any memory is read or written."""

import pytest
import torch

from model.goal import TRIVARIATE
from model.lattice import Lattice
from model.pid import atoms, goal_gradient, redundancies
from model.pid.checks import check_batch, check_goals

BINS, THETA = torch.zeros(3, 2, 5, dtype=torch.int64), torch.full((2, 5), 0.5)


def with_one(tensor, value):
    changed = tensor.clone()
    changed[..., -1, -1] = value
    return changed


@pytest.mark.parametrize(
    ("bins", "theta", "words"),
    [
        (BINS[:2], THETA, r"bins: expected .* sources FCL, .*: \(3, 2, 5\); got \(2, 2, 5\), torch.int64"),
        (torch.cat([BINS, BINS]), THETA, r"got \(6, 2, 5\)"),
        (BINS[:, :1], THETA, r"got \(3, 1, 5\)"),
        (BINS, THETA[:, :4], r"\(3, 2, 4\); got \(3, 2, 5\)"),
        (BINS, torch.cat([THETA, THETA]), r"\(3, 4, 5\); got \(3, 2, 5\)"),
        (BINS + 0.5, THETA, "got .*, torch.float32"),
        (
            BINS[:, 0],
            THETA[0],
            r"theta: expected .*, \(neuron, sample\), one or more; got \(5,\), torch.float32",
        ),
        (BINS[..., :0], THETA[:, :0], r"theta: expected floating numbers, .* one or more; got \(2, 0\)"),
        (BINS, BINS[0], r"theta: expected floating numbers, .*; got \(2, 5\), torch.int64"),
        (with_one(BINS, -1), THETA, "bins must lie in 0…19; got -1…0"),
        (with_one(BINS, 20), THETA, "bins must lie in 0…19; got 0…20"),
        (with_one(BINS, 2_000_000), THETA, "bins must lie in 0…19; got 0…2000000"),
        (BINS, with_one(THETA, 1.5), r"theta: expected probabilities in \[0, 1\]; got 1.5"),
        (BINS, with_one(THETA, -0.25), r"theta: expected probabilities in \[0, 1\]; got -0.25"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(bins, theta, words):
    with pytest.raises(ValueError, match=words):
        check_batch(bins, theta, TRIVARIATE)


@pytest.mark.parametrize("gamma", [torch.ones(1, 19), torch.ones(2, 18), torch.ones(19), torch.ones(2, 19).double()])
def test_goals_that_are_not_one_for_each_neuron_are_refused(gamma):
    with pytest.raises(ValueError, match=r"gamma: expected .*: \(2, 19\), torch.float32; got "):
        check_goals(gamma, THETA, TRIVARIATE)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    "compute",
    [
        atoms,
        redundancies,
        lambda bins, theta, lattice: goal_gradient(bins, theta, torch.ones(2, 167).to(theta), lattice),
    ],
    ids=["atoms", "redundancies", "goal_gradient"],
)
def test_everything_looks_before_it_computes(compute, dtype):
    with pytest.raises(ValueError, match="bins: expected whole numbers"):
        compute(BINS, THETA.to(dtype), Lattice.of("1234"))


def test_a_goal_of_another_lattice_is_refused():
    with pytest.raises(ValueError, match="gamma: expected"):
        goal_gradient(BINS, THETA, torch.ones(2, 5), TRIVARIATE)


def test_firing_probabilities_that_are_no_numbers_may_stay_so():
    check_batch(BINS, with_one(THETA, torch.nan), TRIVARIATE)
