"""Records: what they say of an epoch, by hand, and the files they make."""

import csv
import io
from itertools import pairwise

import numpy as np
import pytest
import torch

from model.config import NetworkConfig, TrainingConfig
from model.data.digits import load_digits
from model.evaluation import read, responses
from model.goal import BIVARIATE_TERMS, TERMS, Goal
from model.record import Recorder
from model.record_files import confusion_csv, history_csv, neurons_npz
from model.training import Training

DEEP = NetworkConfig(hidden_neurons=(7, 5))
CONFIG = TrainingConfig(epochs=3, batch_size=256)
SEEDS = [1, 2, 3]


def training(network=DEEP, dtype=torch.float64):
    goals = [(Goal.preset("heuristic", network.kind),) * network.n_goals] * len(SEEDS)
    return Training(network, CONFIG, load_digits().split(), goals, SEEDS, dtype=dtype)


def recorded(run, *, each_neuron=False, leaves=None):
    """The recorder after a training; `leaves` is who is let go after the first epoch."""
    recorder = Recorder(run, each_neuron=each_neuron)
    for result in run.epochs():
        recorder.observe(result)
        if leaves is not None and result.epoch == 1:
            run.release([leaves])
    return recorder


def test_a_record_has_the_numbers_of_every_epoch_and_layer():
    rows = recorded(training())[1].rows

    layers = {"hidden 1": TERMS, "hidden 2": TERMS, "output": BIVARIATE_TERMS}
    distances = ("self-cosine distance", "pairwise cosine distance")
    expected = {f"{layer} {name}" for layer, terms in layers.items() for name in (*terms, *distances)}
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert all(row.keys() == {"epoch", "training_accuracy", "validation_accuracy", *expected} for row in rows)


def test_fields_are_compared_with_themselves_an_epoch_before_and_with_each_other():
    run = training()
    weights = [run.population.tensors()["hidden.0.feedforward.weight"][1].clone()]
    recorder = Recorder(run)
    for result in run.epochs():
        recorder.observe(result)
        weights.append(run.population.tensors()["hidden.0.feedforward.weight"][1].clone())

    for row, (before, after) in zip(recorder[1].rows, pairwise(weights), strict=True):
        of_itself = [1 - torch.cosine_similarity(a, b, dim=0) for a, b in zip(before, after, strict=True)]
        of_pairs = [1 - torch.cosine_similarity(after[i], after[j], dim=0) for i in range(7) for j in range(i)]
        assert row["hidden 1 self-cosine distance"] == pytest.approx(float(sum(of_itself)) / 7, abs=1e-12)
        assert row["hidden 1 pairwise cosine distance"] == pytest.approx(float(sum(of_pairs)) / 21, abs=1e-12)


def test_terms_are_the_means_over_the_neurons_and_add_up_to_their_entropy():
    run = training()
    recorder = recorded(run, each_neuron=True)

    record, observed = recorder[2], run.observe()["hidden 2"]
    terms = record.neurons["hidden 2"]
    assert terms.shape == (3, 5, 19)
    np.testing.assert_allclose(terms[-1], observed.terms()[2].numpy(), atol=1e-7)
    rate = observed.theta[2].mean(dim=1).numpy()
    entropy = -(rate * np.log2(rate) + (1 - rate) * np.log2(1 - rate))
    np.testing.assert_allclose(terms[-1].sum(axis=1), entropy, atol=1e-6)
    assert record.rows[-1]["hidden 2 {F}{C}"] == pytest.approx(float(terms[-1, :, 1].mean()), abs=1e-7)


def test_each_neuron_is_kept_only_when_asked_for():
    assert recorded(training())[0].neurons == {}


def test_confusion_counts_what_validation_images_were_taken_for():
    run, data = training(), load_digits().split()

    confusion = recorded(run)[0].confusion

    images = torch.from_numpy(data.validation_images).double()
    predicted = read(responses(run.population, images, 3), run.inverted)[0].numpy()
    by_hand = np.zeros((10, 10), dtype=np.int64)
    np.add.at(by_hand, (data.validation_labels, predicted), 1)
    assert np.array_equal(confusion, by_hand)


def test_the_last_validation_accuracy_is_the_share_on_the_diagonal():
    record = recorded(training())[1]

    share = np.trace(record.confusion) / record.confusion.sum()
    assert record.rows[-1]["validation_accuracy"] == pytest.approx(share, abs=1e-15)


def test_training_accuracy_is_that_of_images_learned_from():
    run, data = training(), load_digits().split()

    row = recorded(run)[0].rows[-1]

    # Fewer than 2000 images: it is all of them, in another order, which decides what is sampled.
    order = run._some
    images, labels = (torch.from_numpy(part)[order] for part in (data.train_images, data.train_labels))
    found = read(responses(run.population, images.double(), 3), run.inverted)[0]
    assert row["training_accuracy"] == pytest.approx(float((found == labels).double().mean()), abs=1e-15)


def test_recording_changes_nothing_about_the_training():
    watched, alone = training(), training()

    recorder = recorded(watched, each_neuron=True)
    results = list(alone.epochs())

    for name, tensor in watched.population.tensors().items():
        assert torch.equal(tensor, alone.population.tensors()[name])
    assert [row["validation_accuracy"] for row in recorder[0].rows] == [r.validation_accuracy[0] for r in results]


def test_of_who_is_let_go_nothing_is_kept_and_the_others_go_on_with_their_records():
    whole, fewer = recorded(training(), each_neuron=True), recorded(training(), each_neuron=True, leaves=1)

    assert 1 in whole
    assert 1 not in fewer
    with pytest.raises(KeyError):
        fewer[1]
    for member in (0, 2):
        for row, expected in zip(fewer[member].rows, whole[member].rows, strict=True):
            assert row == pytest.approx(expected, abs=1e-9)
        assert np.array_equal(fewer[member].confusion, whole[member].confusion)
        assert fewer[member].neurons["hidden 1"].shape == (3, 7, 19)


def test_an_epoch_is_recorded_whole_or_not_at_all(monkeypatch):
    run = training()
    recorder = Recorder(run, each_neuron=True)
    epochs = run.epochs()
    recorder.observe(next(epochs))
    monkeypatch.setattr(run, "confusion", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        recorder.observe(next(epochs))

    assert [len(recorder[member].rows) for member in range(3)] == [1, 1, 1]
    assert recorder[0].neurons["output"].shape == (1, 10, 5)


def test_a_network_that_diverged_has_numbers_that_are_none_and_spoils_no_other():
    healthy, struck = recorded(training()), training()
    recorder = Recorder(struck)
    for result in struck.epochs():
        recorder.observe(result)
        struck.population.tensors()["hidden.0.feedforward.weight"][1, 0, 0] = float("nan")

    assert np.isnan(recorder[1].rows[-1]["hidden 1 self-cosine distance"])
    assert recorder[0].rows == healthy[0].rows


@pytest.mark.parametrize(
    ("parts", "layers"),
    [
        ({"learning": "backpropagation"}, ["hidden 1"]),
        ({"learning": "fixed"}, ["output"]),
        ({"hidden_neurons": ()}, ["output"]),
        ({"lateral_connections": 0}, ["hidden 1", "output"]),
    ],
    ids=repr,
)
def test_information_is_recorded_of_layers_with_two_sources_or_more(parts, layers):
    network = NetworkConfig(**{"hidden_neurons": 6, **parts})

    record = recorded(training(network), each_neuron=True)[0]

    assert list(record.neurons) == layers


def test_a_layer_of_one_neuron_has_no_pairs():
    row = recorded(training(NetworkConfig(hidden_neurons=1)))[0].rows[0]

    assert np.isnan(row["hidden 1 pairwise cosine distance"])


def test_history_is_a_table_with_a_line_for_each_epoch_of_each_network():
    recorder = recorded(training())
    records = [recorder[0], recorder[2]]

    lines = list(csv.DictReader(io.StringIO(history_csv(records).decode())))

    assert [(line["network"], line["epoch"]) for line in lines] == [(n, e) for n in "01" for e in "123"]
    rows = [row for record in records for row in record.rows]
    for line, row in zip(lines, rows, strict=True):
        assert {name: float(line[name]) for name in row} == pytest.approx(row, rel=1e-6)


def test_confusion_is_a_table_with_a_line_for_each_label():
    recorder = recorded(training())

    lines = list(csv.reader(io.StringIO(confusion_csv([recorder[0], recorder[1]]).decode())))

    assert lines[0] == ["network", "label", *[f"predicted_{label}" for label in range(10)]]
    assert [list(map(int, line[2:])) for line in lines[1:11]] == recorder[0].confusion.tolist()
    assert [(line[0], line[1]) for line in lines[11:]] == [("1", str(label)) for label in range(10)]


def test_neurons_are_an_array_for_each_layer():
    recorder = recorded(training(), each_neuron=True)

    with np.load(io.BytesIO(neurons_npz([recorder[0], recorder[1]])), allow_pickle=False) as archive:
        found = dict(archive)

    assert {layer: array.shape for layer, array in found.items()} == {
        "hidden 1": (2, 3, 7, 19), "hidden 2": (2, 3, 5, 19), "output": (2, 3, 10, 5),
    }  # fmt: skip
    assert np.array_equal(found["hidden 2"][1], recorder[1].neurons["hidden 2"])


def test_accuracy_without_noise_stands_beside_the_sampled_one_if_asked_for():
    config = CONFIG.model_copy(update={"noise_free_evaluation": True})
    data = load_digits().split()
    run = Training(DEEP, config, data, [Goal.preset("heuristic")], [1], dtype=torch.float64)

    rows = recorded(run)[0].rows

    images, labels = data.validation_images, data.validation_labels
    expected = run.accuracy(images, labels, sampled=False)[0]
    assert rows[-1]["noise_free_validation_accuracy"] == expected != rows[-1]["validation_accuracy"]
    assert rows[-1]["validation_accuracy"] == run.accuracy(images, labels)[0]
