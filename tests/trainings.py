"""Small trainings of every kind of network, for tests of what is left of them in files."""

import numpy as np
import torch

from model.config import NetworkConfig, TrainingConfig
from model.data.dataset import standardised
from model.goal import Goal
from model.training import Training

SEEDS = (11, 12, 13)
NAMES = {
    "trivariate": ("optimized_1_100_tpe", "heuristic", "optimized_2_100_cmaes"),
    "bivariate_context": ("optimized_1_100", "heuristic", "optimized_2_100"),
    "bivariate_lateral": ("optimized_1_100", "heuristic", "optimized_2_100"),
}
NETWORKS = {
    "setup 1": {},
    "limited laterals": {"lateral_connections": 3},
    "output feedback": {"lateral_connections": 3, "context": ("label", "output")},
    "deep": {"hidden_neurons": (12, 8, 6), "lateral_connections": 3},
    "linear": {"activation": "linear"},
    "context only": {"lateral_connections": 0},
    "lateral only": {"context": ()},
    "fixed": {"learning": "fixed"},
    "no hidden layer": {"hidden_neurons": ()},
    "backpropagation": {"learning": "backpropagation"},
    "deep backpropagation": {"learning": "backpropagation", "hidden_neurons": (12, 8), "lateral_connections": 3},
}


def raw(n_train=100, n_test=40, n_pixels=6, n_classes=3):
    """Images of three noisy classes as bytes, and their labels: for training, then for testing."""
    rng = np.random.default_rng(3)
    centres = rng.uniform(60, 200, size=(n_classes, n_pixels))
    labels = rng.permutation(np.arange(n_train + n_test) % n_classes)
    images = (centres[labels] + 25 * rng.normal(size=(len(labels), n_pixels))).clip(0, 255).astype(np.uint8)
    return images[:n_train], labels[:n_train], images[n_train:], labels[n_train:]


def data(name="small", **sizes):
    """The same as a data set."""
    return standardised(name, *raw(**sizes))


def network(**parts):
    return NetworkConfig(**{"hidden_neurons": 12, **parts})


def training(parts=(), epochs=6, members=1, dtype=torch.float32, of=None, **config):
    """A training of so many members, each with its own goal."""
    of, built = of or data(), network(**dict(parts))
    goals = [(Goal.preset(name, built.kind),) * built.n_goals for name in NAMES[built.kind][:members]]
    rates = {"hidden_learning_rate": 0.02, "output_learning_rate": 0.02}
    config = TrainingConfig(epochs=epochs, batch_size=32, **rates, **config)
    split = of.split(config.validation_fraction, config.data_seed)
    return Training(built, config, split, goals, SEEDS[:members], dtype=dtype)


def trained(run, epochs, release=(None, ())):
    """Train for so many epochs, releasing members after one of them; the validation accuracies."""
    accuracies, results = [], run.epochs()
    for _ in range(epochs):
        result = next(results)
        accuracies.append(result.validation_accuracy)
        if result.epoch == release[0]:
            run.release(release[1])
    return accuracies
