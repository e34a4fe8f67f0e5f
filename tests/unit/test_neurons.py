"""One suite for every backend: each against the tensor operations in float64."""

from dataclasses import replace

import pytest
import torch

from model import neurons
from model.activation import BIVARIATE_MODULATING, LINEAR, MODULATING, output_activation
from model.goal import BIVARIATE, TRIVARIATE, Goal
from model.neurons import compiled_backend, kernels, torch_backend
from model.pid import Objective
from model.randomness import Draw, Purpose, member_keys, uniform

BACKENDS = pytest.mark.parametrize("backend", [compiled_backend, torch_backend], ids=["compiled", "torch"])
MEMBERS, NEURONS = 3, 7
GOALS = [Goal.preset("optimized_1_100_tpe"), Goal.preset("heuristic"), Goal.preset("optimized_2_100_cmaes")]
GAMMA = torch.tensor([goal.gamma for goal in GOALS]).repeat_interleave(NEURONS, dim=0)
BIVARIATE_GAMMA = torch.tensor([[-0.1, 0.4, 0.5, 0.6, 0.1], [0.2, -0.3, 1.0, 0.1, 0.0], [0.0, 1.0, 0.0, -1.0, 0.5]])
BIVARIATE_GAMMA = BIVARIATE_GAMMA.repeat_interleave(NEURONS, dim=0)
OUTPUT_GAMMA = torch.tensor([[-0.2, 0.1, 1.0, 0.1, 0.0]]).expand(MEMBERS * NEURONS, -1)
OBJECTIVE, REFERENCE = (Objective.of(gamma, TRIVARIATE) for gamma in (GAMMA, GAMMA.double()))
BIVARIATE_OBJECTIVE = Objective.of(BIVARIATE_GAMMA, BIVARIATE)
BIVARIATE_REFERENCE = Objective.of(BIVARIATE_GAMMA.double(), BIVARIATE)
OUTPUT_OBJECTIVE, OUTPUT_REFERENCE = (Objective.of(gamma, BIVARIATE) for gamma in (OUTPUT_GAMMA, OUTPUT_GAMMA.double()))
ACTIVATIONS = pytest.mark.parametrize(
    ("activation", "objective", "reference"),
    [
        (MODULATING, OBJECTIVE, REFERENCE),
        (LINEAR, OBJECTIVE, REFERENCE),
        (BIVARIATE_MODULATING, BIVARIATE_OBJECTIVE, BIVARIATE_REFERENCE),
    ],
    ids=["modulating", "linear", "bivariate"],
)
DRAW = Draw(member_keys([4, 5, 6]), Purpose.SECOND_PRESENTATION, torch.tensor(2**40 + 9))


def sources(n_samples=201, scale=1.0, seed=0):
    """Feedforward input that reaches over all bins, context of a few values, lateral input of a few bins."""
    generator = torch.Generator().manual_seed(seed)
    spread = torch.tensor([9.0, 2.0, 3.0])[:, None, None, None] * scale
    r, c, l = spread * torch.randn(3, MEMBERS, NEURONS, n_samples, generator=generator)
    return r, c.round(), l


def sources_of(activation, n_samples=201, scale=1.0):
    return sources(n_samples, scale)[: len(activation.lattice.sources)]


def doubled(tensors):
    return tuple(tensor.double() for tensor in tensors)


def assert_same_outputs(outputs, chances):
    """That outputs are sampled with these chances from the numbers of the draw, wherever rounding does not decide."""
    drawn = uniform(DRAW, *chances.shape[1:], chances)
    sure = (drawn - chances).abs() > 1e-5
    assert sure.double().mean() > 0.99
    assert outputs.dtype == torch.float32
    assert torch.equal(outputs[sure], torch.where(drawn < chances, 1.0, -1.0).float()[sure])


def assert_close(found, expected, tolerance=1e-4):
    """Close in relation to the largest of all neurons: some have nothing to learn."""
    largest = expected.abs().max()
    assert largest > 1e-6
    assert (found - expected).abs().max() <= tolerance * largest


@BACKENDS
@ACTIVATIONS
@pytest.mark.parametrize("n_samples", [1, 2, 201])
def test_neurons_fire_with_their_probabilities(backend, activation, objective, reference, n_samples):
    given = sources_of(activation, n_samples)

    outputs = backend.fire(given, DRAW, activation)

    assert_same_outputs(outputs, activation.theta(*doubled(given)))


@BACKENDS
def test_outputs_are_sampled_from_given_probabilities(backend):
    theta = output_activation(sources()[0])

    outputs = backend.sample(theta, DRAW)

    assert_same_outputs(outputs, theta.double())


@BACKENDS
@ACTIVATIONS
def test_sources_but_the_first_may_be_the_same_at_every_sample(backend, activation, objective, reference):
    r, *others = sources_of(activation)

    outputs = backend.fire((r, *[x[..., :1] for x in others]), DRAW, activation)

    assert torch.equal(outputs, backend.fire((r, *[x[..., :1].expand_as(r) for x in others]), DRAW, activation))


@BACKENDS
@ACTIVATIONS
def test_neurons_of_later_layers_draw_what_the_draw_has_for_them(backend, activation, objective, reference):
    given = sources_of(activation)
    everyone = backend.fire(given, DRAW, activation)

    later = tuple(source[:, 3:] for source in given)
    outputs = backend.fire(later, replace(DRAW, first_neuron=3), activation)

    assert torch.equal(outputs, everyone[:, 3:])
    assert not torch.equal(outputs, backend.fire(later, DRAW, activation))


@BACKENDS
@pytest.mark.parametrize(
    ("scale", "n_samples", "tolerance"),
    [
        *[(0.05, 2, 1e-4), (0.05, 201, 1e-4), (0.05, 1024, 1e-4)],
        *[(1.0, 2, 1e-4), (1.0, 201, 1e-4), (1.0, 1024, 1e-4)],
        # Saturated neurons are sure: what is left of 1 − θ has few digits in float32.
        *[(4.0, 201, 1e-3), (4.0, 1024, 1e-3)],
    ],
)
@ACTIVATIONS
def test_neurons_learn_what_the_reference_learns(
    backend, activation, objective, reference, scale, n_samples, tolerance
):
    given = sources_of(activation, n_samples, scale)
    _, expected = torch_backend.learn(doubled(given), DRAW, activation, reference)

    outputs, downhill = backend.learn(given, DRAW, activation, objective)

    assert torch.equal(outputs, backend.fire(given, DRAW, activation))
    for found, right in zip(downhill, expected, strict=True):
        assert_close(found, right, tolerance)


@BACKENDS
@pytest.mark.parametrize("scale", [0.05, 1.0, 4.0])
def test_output_neurons_learn_what_the_reference_learns(backend, scale):
    drive = sources(201, scale)[0]
    labels = torch.randint(NEURONS, (201,), generator=torch.Generator().manual_seed(1))

    found = backend.learn_output(drive, labels, OUTPUT_OBJECTIVE)

    assert_close(found, torch_backend.learn_output(drive.double(), labels, OUTPUT_REFERENCE))


@BACKENDS
def test_an_output_neuron_that_is_kept_off_certainty_does_not_learn_there(backend):
    drive = torch.linspace(-30, 30, 61).expand(MEMBERS, NEURONS, -1)
    kept_off = (output_activation(drive) - torch.sigmoid(drive)).abs() > 0

    found = backend.learn_output(drive.contiguous(), torch.arange(61) % NEURONS, OUTPUT_OBJECTIVE)

    assert kept_off.any()
    assert (found[kept_off] == 0).all()
    assert (found[~kept_off] != 0).any()


@BACKENDS
def test_a_label_that_no_sample_has_teaches_nothing_about_itself(backend):
    drive = sources(50)[0]
    labels = torch.zeros(50, dtype=torch.int64)

    found = backend.learn_output(drive, labels, OUTPUT_OBJECTIVE)

    assert found.isfinite().all()
    assert_close(found, torch_backend.learn_output(drive.double(), labels, OUTPUT_REFERENCE))


@BACKENDS
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("source", [0, 1, 2])
def test_a_source_that_is_not_finite_spoils_its_own_neuron_only(backend, bad, source):
    given = sources()
    healthy_outputs, healthy = backend.learn(given, DRAW, MODULATING, OBJECTIVE)
    struck = tuple(s.clone() for s in given)
    struck[source][1, 2, 3] = bad

    outputs, downhill = backend.learn(struck, DRAW, MODULATING, OBJECTIVE)

    others = torch.ones(MEMBERS, NEURONS, dtype=torch.bool)
    others[1, 2] = False
    assert torch.equal(outputs[others], healthy_outputs[others])
    assert set(outputs.unique().tolist()) == {-1.0, 1.0}
    for found, expected in zip(downhill, healthy, strict=True):
        assert torch.equal(found[others], expected[others])


@BACKENDS
def test_a_feedforward_input_that_is_no_number_is_passed_on_as_none(backend):
    given = sources()
    given[0][1, 2, 3] = float("nan")

    _, downhill = backend.learn(given, DRAW, MODULATING, OBJECTIVE)

    assert downhill[0][1, 2].isnan().any()


@BACKENDS
def test_inputs_beyond_all_bins_have_the_right_derivative(backend):
    given = tuple(1e4 * source for source in sources())
    _, expected = torch_backend.learn(doubled(given), DRAW, MODULATING, REFERENCE)

    _, downhill = backend.learn(given, DRAW, MODULATING, OBJECTIVE)

    for found, reference in zip(downhill, expected, strict=True):
        assert found.isfinite().all()
        torch.testing.assert_close(found.double(), reference, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_number_of_threads_changes_nothing_in_compiled_loops(threads):
    given, before = sources(), torch.get_num_threads()
    expected = compiled_backend.learn(given, DRAW, MODULATING, OBJECTIVE)
    torch.set_num_threads(threads)
    try:
        outputs, downhill = compiled_backend.learn(given, DRAW, MODULATING, OBJECTIVE)
    finally:
        torch.set_num_threads(before)

    assert torch.equal(outputs, expected[0])
    assert all(torch.equal(found, reference) for found, reference in zip(downhill, expected[1], strict=True))


@pytest.mark.parametrize("largest", range(1, 61))
def test_compiled_bins_of_output_neurons_keep_values_on_their_edges(largest):
    values = torch.arange(-largest, largest + 1)
    drive = values.float()[None]
    cells = torch.empty_like(drive, dtype=torch.int32)

    kernels.label_cells(drive.numpy(), torch.ones_like(values).numpy(), 1, cells.numpy(), 0, 1)

    by_hand = [max(-(-10 * value // largest) + 9, 0) for value in values.tolist()]  # ceil(10 v / largest) − 1 + 10
    assert (cells[0] // 20).tolist() == by_hand


@BACKENDS
def test_sources_may_lie_in_memory_in_any_order(backend):
    given = sources()
    turned = tuple(source.permute(2, 0, 1).contiguous().permute(1, 2, 0) for source in given)
    labels = torch.arange(201) % NEURONS

    outputs, downhill = backend.learn(turned, DRAW, MODULATING, OBJECTIVE)

    expected_outputs, expected = backend.learn(given, DRAW, MODULATING, OBJECTIVE)
    assert not turned[0].is_contiguous()
    assert torch.equal(outputs, expected_outputs)
    assert torch.equal(backend.fire(turned, DRAW, MODULATING), expected_outputs)
    for found, reference in zip(downhill, expected, strict=True):
        torch.testing.assert_close(found, reference, rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(
        backend.learn_output(turned[0], labels, OUTPUT_OBJECTIVE),
        backend.learn_output(given[0], labels, OUTPUT_OBJECTIVE),
        rtol=1e-4,
        atol=1e-7,
    )


def test_float32_on_the_cpu_is_compiled_and_the_rest_is_not(monkeypatch):
    used = []
    for backend in (compiled_backend, torch_backend):
        monkeypatch.setattr(backend, "fire", lambda given, *_others, b=backend: (used.append(b), given[0])[1])

    neurons.fire(sources(), DRAW, MODULATING)
    neurons.fire(doubled(sources()), DRAW, MODULATING)

    assert used == [compiled_backend, torch_backend]


def test_neurons_learn_from_sources_that_are_the_same_at_every_sample():
    r, c, l = sources()
    bare, whole = (r, c[..., :1], l[..., :1]), (r, c[..., :1].expand_as(r), l[..., :1].expand_as(r))

    outputs, downhill = neurons.learn(bare, DRAW, MODULATING, OBJECTIVE)

    expected_outputs, expected = neurons.learn(whole, DRAW, MODULATING, OBJECTIVE)
    assert torch.equal(outputs, expected_outputs)
    for found, of_whole in zip(downhill, expected, strict=True):
        assert torch.equal(found, of_whole)


@BACKENDS
@pytest.mark.parametrize(("value", "learned"), [("nan", "nan"), ("inf", 0.0), ("-inf", 0.0)])
def test_a_drive_that_is_no_number_shows_and_one_that_is_certain_teaches_nothing(backend, value, learned):
    drive = sources()[0].clone()
    drive[1, 2, 3] = float(value)
    labels = torch.arange(drive.shape[2]) % NEURONS

    downhill = backend.learn_output(drive, labels, OUTPUT_OBJECTIVE)

    torch.testing.assert_close(downhill[1, 2, 3], torch.tensor(float(learned)), equal_nan=True)
    assert downhill[0].isfinite().all()
