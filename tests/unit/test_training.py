"""Training on the handwritten digits that come with scikit-learn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.config import NetworkConfig, TrainingConfig
from model.data import load
from model.goal import Goal
from model.training import Training

NETWORK = NetworkConfig(hidden_neurons=100)
TRAINING = TrainingConfig(epochs=6, batch_size=128, hidden_learning_rate=0.02, output_learning_rate=0.02)
GOALS = [Goal.preset("optimized_1_100_tpe"), Goal.preset("heuristic")]


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return load("digits", Path(tmp_path_factory.mktemp("no data")))


def training(digits, goals=GOALS, seeds=(1, 1), config=TRAINING):
    split = digits.split(config.validation_fraction, config.data_seed)
    return Training(NETWORK, config, split, goals, seeds)


@pytest.fixture(scope="module")
def run(digits):
    """A training that has ended, and its results."""
    trained = training(digits)
    return trained, list(trained.epochs())


@pytest.mark.parametrize("member", [0, 1], ids=["optimised", "heuristic"])
def test_published_goals_learn_the_digits(run, member):
    _, results = run

    assert results[-1].validation_accuracy[member] > 0.75  # chance is 0.1


def test_networks_with_limited_laterals_learn_the_digits(digits):
    split = digits.split(TRAINING.validation_fraction, TRAINING.data_seed)
    network = NetworkConfig(hidden_neurons=100, lateral_connections=10)

    *_, last = Training(network, TRAINING, split, GOALS[:1], [1]).epochs()

    assert last.validation_accuracy[0] > 0.75


def test_epochs_are_counted_from_one(run):
    _, results = run

    assert [result.epoch for result in results] == [1, 2, 3, 4, 5, 6]


def test_other_images_are_labelled_by_the_trained_network(run, digits):
    trained, _ = run

    accuracy = trained.accuracy(digits.test_images, digits.test_labels)

    assert min(accuracy) > 0.75


def test_a_label_does_not_depend_on_which_other_images_there_are(run, digits):
    trained, _ = run

    together = trained.accuracy(digits.test_images, digits.test_labels, sampled=False)

    alone = [
        trained.accuracy(digits.test_images[[n]], digits.test_labels[[n]], sampled=False)
        for n in range(len(digits.test_labels))
    ]
    assert together == pytest.approx(np.mean(alone, axis=0))


def test_no_label_of_the_validation_part_has_a_part_in_what_its_images_are_called(digits):
    split = digits.split()
    others = replace(split, validation_labels=(split.validation_labels + 1) % 10)

    # With so many networks of one epoch, some neuron is right about one set of labels and wrong about the other.
    runs = [Training(NETWORK, TRAINING, part, GOALS * 10, range(20)) for part in (split, others)]
    for run in runs:
        next(run.epochs())

    assert runs[0].inverted.any()
    assert torch.equal(*[run.confusion().sum(dim=1) for run in runs])


def test_training_again_gives_the_same_numbers(run, digits):
    _, results = run

    again = list(training(digits).epochs())

    assert again == results


def test_another_seed_gives_other_numbers(run, digits):
    _, results = run

    other = list(training(digits, seeds=(2, 2)).epochs())

    assert other != results


def test_the_labels_are_learned_not_their_frequencies(digits):
    split = digits.split(TRAINING.validation_fraction, TRAINING.data_seed)
    shuffled = np.random.default_rng(0).permutation(split.train_labels)
    misled = type(split)(
        split.train_images, shuffled, split.validation_images, split.validation_labels, split.n_classes
    )

    *_, last = Training(NETWORK, TRAINING, misled, GOALS[:1], [1]).epochs()

    assert last.validation_accuracy[0] < 0.3


def test_the_caller_may_stop_between_epochs(digits):
    epochs = training(digits).epochs()

    first = next(epochs)
    epochs.close()

    assert first.epoch == 1


def test_the_type_to_compute_in_may_be_chosen(digits):
    split = digits.split(0.2, 0)
    config = TRAINING.model_copy(update={"epochs": 1})

    reference = Training(NETWORK, config, split, GOALS[:1], [1], dtype=torch.float64)
    list(reference.epochs())

    assert all(p.dtype == torch.float64 for p in reference.population._parameters())
