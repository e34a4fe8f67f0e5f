"""Members that leave a training, and what becomes of those who stay."""

import gc
import weakref

import numpy as np
import pytest
import torch

from model.config import NetworkConfig, TrainingConfig
from model.data import Split
from model.goal import Goal
from model.training import Training

GOALS = [Goal.preset(name) for name in ("optimized_1_100_tpe", "heuristic", "optimized_2_100_cmaes", "heuristic")]
SEEDS = [11, 12, 13, 14]
NETWORK = NetworkConfig(hidden_neurons=6)


def data(n_train=80, n_validation=40, n_pixels=5):
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(3, n_pixels))
    labels = rng.integers(0, 3, n_train + n_validation)
    images = (2 * (centres[labels] + rng.normal(size=(len(labels), n_pixels)))).astype(np.float32)
    return Split(images[:n_train], labels[:n_train], images[n_train:], labels[n_train:], n_classes=3)


def training(members=(0, 1, 2, 3), dtype=torch.float64, network=NETWORK):
    goals, seeds = [GOALS[member] for member in members], [SEEDS[member] for member in members]
    return Training(network, TrainingConfig(epochs=5, batch_size=32), data(), goals, seeds, dtype=dtype)


def trained(run, releases=()):
    """Train to the end, releasing members after the epochs that are named; the results."""
    results = []
    for result in run.epochs():
        results.append(result)
        run.release(dict(releases).get(result.epoch, ()))
    return results


def weights(run):
    """All weights of each member, (member, weight)."""
    parameters = run.population._parameters()
    return torch.cat([parameter.flatten(1) for parameter in parameters], dim=1)


@pytest.mark.parametrize("laterals", [None, 3])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
def test_those_who_stay_learn_what_they_would_have_learned_without_the_others(dtype, laterals):
    network = NetworkConfig(hidden_neurons=6, lateral_connections=laterals)
    run, without = training(dtype=dtype, network=network), training((0, 2), dtype=dtype, network=network)

    results = trained(run, {2: [1, 3]}.items())

    expected = trained(without)
    tolerance = {"rtol": 1e-9, "atol": 1e-10} if dtype == torch.float64 else {"rtol": 1e-3, "atol": 1e-4}
    torch.testing.assert_close(weights(run), weights(without), **tolerance)
    assert results[-1].validation_accuracy == expected[-1].validation_accuracy


@pytest.mark.parametrize("leaving", [[0], [1], [3], [0, 1, 2]])
def test_those_who_stay_go_on_as_if_nobody_had_gone(leaving):
    run, complete = training(), training()

    trained(run, {1: leaving}.items())

    trained(complete)
    staying = [member for member in range(4) if member not in leaving]
    torch.testing.assert_close(weights(run), weights(complete)[staying], rtol=1e-9, atol=1e-10)


def test_members_are_named_by_their_first_positions_whoever_has_gone_before():
    run = training()

    results = trained(run, {1: [1], 3: [0, 3]}.items())

    assert [result.members for result in results] == [(0, 1, 2, 3), (0, 2, 3), (0, 2, 3), (2,), (2,)]
    assert [len(result.validation_accuracy) for result in results] == [4, 3, 3, 1, 1]
    assert [len(result.diverged) for result in results] == [4, 3, 3, 1, 1]
    complete = training()
    trained(complete)
    torch.testing.assert_close(weights(run)[0], weights(complete)[2], rtol=1e-9, atol=1e-10)


def test_other_images_are_labelled_by_those_who_stayed():
    run = training()
    results = trained(run, {2: [0, 3]}.items())

    accuracy = run.accuracy(data().validation_images, data().validation_labels)

    assert run.members == (1, 2)
    assert accuracy == results[-1].validation_accuracy


def test_what_images_were_taken_for_is_that_of_those_who_stayed():
    run = training()
    next(run.epochs())
    before = run.confusion()

    run.release([0, 2])

    assert torch.equal(run.confusion(), before[[1, 3]])


def test_a_member_that_diverged_may_be_released():
    run = training()
    epochs = run.epochs()
    next(epochs)
    run.population.stack.output.maps["feedforward"].weight[1, 0, 0] = float("nan")
    diverged = next(epochs)
    run.release(member for member, bad in zip(diverged.members, diverged.diverged, strict=True) if bad)

    after = next(epochs)

    assert after.members == (0, 2, 3)
    assert not any(after.diverged)


def test_nothing_of_a_released_member_remains():
    run = training()
    next(run.epochs())
    population = run.population
    before = [*population._parameters(), *(state["exp_avg"] for state in population._optimiser.state.values())]
    gone = [weakref.ref(tensor) for tensor in (*before, *(parameter.grad for parameter in population._parameters()))]
    del before

    run.release([0, 2, 3])

    gc.collect()
    assert not any(tensor() is not None for tensor in gone)
    moments = [value for state in population._optimiser.state.values() for value in state.values() if value.dim()]
    assert len(moments) == 2 * len(population._parameters())
    assert {len(tensor) for tensor in (*population._parameters(), *moments, population._keys)} == {1}
    assert (len(population.stack.hidden[0]._objective.weights), len(population.stack.output._objective.weights)) == (
        6,
        3,
    )
    assert population.size == 1


def test_releasing_nobody_changes_nothing():
    run, untouched = training(), training()

    trained(run, {1: [], 2: []}.items())

    trained(untouched)
    assert torch.equal(weights(run), weights(untouched))


def test_who_is_not_in_training_cannot_be_released():
    run = training()
    run.release([2])

    with pytest.raises(ValueError, match=r"members \[2, 7\] are not in training; members \[0, 1, 3\] are"):
        run.release([0, 2, 7])
    assert run.members == (0, 1, 3)
    assert run.population.size == 3


def test_somebody_stays():
    run = training()
    run.release([2])

    with pytest.raises(ValueError, match=r"one of the members \[0, 1, 3\] has to stay"):
        run.release([3, 1, 0])
    assert run.population.size == 3
