"""Populations: members that do not feel each other, and the wiring of the two layers."""

import numpy as np
import pytest
import torch

from model.config import NetworkConfig, TrainingConfig
from model.data import Split
from model.errors import DivergedError
from model.evaluation import inverted, read, responses, share_correct
from model.goal import Goal
from model.population import Population
from model.randomness import Draw, Purpose, evaluation_step, uniform
from model.training import Training
from tests.reference import dense_pid

DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])

N_HIDDEN, N_INPUTS, N_LABELS, N_SAMPLES = 6, 5, 3, 40
NETWORK = NetworkConfig(hidden_neurons=N_HIDDEN)
GOALS = [Goal.preset("optimized_1_100_tpe"), Goal.preset("heuristic"), Goal.preset("optimized_2_100_cmaes")]
SEEDS = [11, 12, 13]


def population(goals=GOALS, seeds=SEEDS, dtype=torch.float64, network=NETWORK):
    return Population(network, TrainingConfig(), goals, seeds, N_INPUTS, N_LABELS, torch.empty(0, dtype=dtype))


def batch(dtype, step=0, scale=2.0):
    """Images (sample, input) of three noisy classes, and their labels."""
    generator = torch.Generator().manual_seed(step)
    labels = torch.randint(N_LABELS, (N_SAMPLES,), generator=generator)
    centres = torch.randn(N_LABELS, N_INPUTS, generator=torch.Generator().manual_seed(99))
    images = scale * (centres[labels] + torch.randn(N_SAMPLES, N_INPUTS, generator=generator))
    return images.to(dtype), labels


def trained(members, dtype=torch.float64, steps=8):
    for step in range(steps):
        members.learn(*batch(dtype, step))
    return members


def learned(layer):
    """What a layer learns."""
    return [tensor for maps in layer.maps.values() for tensor in maps.tensors().values()]


def weights(members):
    """All weights of each member, (member, weight)."""
    parameters = members._parameters()
    return torch.cat([p.detach().flatten(1) for p in parameters], dim=1)


@DTYPES
@pytest.mark.parametrize("member", [0, 1, 2])
def test_a_member_learns_what_it_would_learn_alone(member, dtype):
    together = trained(population(dtype=dtype), dtype)

    alone = trained(population([GOALS[member]], [SEEDS[member]], dtype), dtype)

    tolerance = {"rtol": 1e-9, "atol": 1e-10} if dtype == torch.float64 else {"rtol": 1e-3, "atol": 1e-4}
    torch.testing.assert_close(weights(alone)[0], weights(together)[member], **tolerance)
    images, _ = batch(dtype, step=100)
    torch.testing.assert_close(alone.respond(images, (1, 0))[0], together.respond(images, (1, 0))[member], **tolerance)


@DTYPES
def test_the_same_seeds_give_the_same_weights_bit_by_bit(dtype):
    once, again = (trained(population(dtype=dtype), dtype) for _ in range(2))

    assert torch.equal(weights(once), weights(again))


def test_members_of_one_goal_and_seed_are_the_same():
    twins = weights(trained(population([GOALS[0]] * 2, [5, 5])))

    torch.testing.assert_close(twins[0], twins[1], rtol=1e-9, atol=1e-10)


def test_members_of_other_seeds_start_from_other_weights():
    first, second = weights(population([GOALS[0]] * 2, [5, 6]))

    assert not (first == second).logical_and(first != 0).any()


def test_members_of_other_goals_learn_other_weights():
    first, second = weights(trained(population(GOALS[:2], [5, 5])))

    assert (first - second).abs().max() > 1e-3


@pytest.mark.parametrize(("goals", "seeds"), [([], []), (GOALS, SEEDS[:2]), (GOALS[:1], SEEDS)])
def test_a_population_needs_a_goal_and_a_seed_for_each_member(goals, seeds):
    with pytest.raises(ValueError, match="a goal and a seed for each member"):
        population(goals, seeds)


@DTYPES
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("maps", ["hidden.0.feedforward", "hidden.0.label", "hidden.0.lateral", "output.feedforward"])
def test_a_member_that_diverges_leaves_the_others_alone(maps, bad, dtype):
    healthy = trained(population(dtype=dtype), dtype, steps=3)
    struck = population(dtype=dtype)
    struck.tensors()[f"{maps}.weight"][1, 0, 1] = bad

    trained(struck, dtype, steps=3)

    assert struck.finite().tolist() == [True, False, True]
    assert torch.equal(weights(struck)[[0, 2]], weights(healthy)[[0, 2]])


def test_neurons_are_never_connected_to_themselves():
    members = trained(population())

    lateral = members.stack.hidden[0].maps["lateral"].weight
    assert (lateral.diagonal(dim1=1, dim2=2) == 0).all()
    assert (lateral != 0).sum() == 3 * N_HIDDEN * (N_HIDDEN - 1)


LIMITED = NetworkConfig(hidden_neurons=N_HIDDEN, lateral_connections=2)


@DTYPES
def test_with_limited_laterals_a_member_learns_what_it_would_learn_alone(dtype):
    together = trained(population(dtype=dtype, network=LIMITED), dtype)

    alone = trained(population(GOALS[1:2], SEEDS[1:2], dtype, LIMITED), dtype)

    tolerance = {"rtol": 1e-9, "atol": 1e-10} if dtype == torch.float64 else {"rtol": 1e-3, "atol": 1e-4}
    torch.testing.assert_close(weights(alone)[0], weights(together)[1], **tolerance)


def test_limited_laterals_learn_with_weights_and_stay_with_whom_they_hear():
    members, untrained = trained(population(network=LIMITED)), population(network=LIMITED)

    lateral, before = members.stack.hidden[0].maps["lateral"], untrained.stack.hidden[0].maps["lateral"]
    assert lateral.weight.shape == (3, N_HIDDEN, 2)
    assert torch.equal(lateral.sources, before.sources)
    for parameter, first in zip(lateral.tensors().values(), before.tensors().values(), strict=True):
        assert ((parameter - first).abs() > 1e-6).all()


def test_learning_with_limited_laterals_is_learning_with_a_full_matrix_that_is_mostly_zeros():
    limited, full = population(network=LIMITED), population()
    sparse = limited.stack.hidden[0].maps["lateral"]
    with torch.no_grad():
        for own, other in zip(learned(full.stack.hidden[0]), learned(limited.stack.hidden[0]), strict=True):
            if own.shape == other.shape:
                own.copy_(other)
        full.stack.hidden[0].maps["lateral"].weight.zero_().scatter_(2, sparse.sources, sparse.weight)

    for members in (limited, full):
        members.learn(*batch(torch.float64))

    for own, other in zip(learned(full.stack.hidden[0]), learned(limited.stack.hidden[0]), strict=True):
        if own.shape == other.shape:
            torch.testing.assert_close(own.grad, other.grad)
    torch.testing.assert_close(
        full.stack.hidden[0].maps["lateral"].weight.grad.gather(2, sparse.sources), sparse.weight.grad
    )


def test_compiled_limited_laterals_learn_what_the_reference_learns():
    fast, reference = population(dtype=torch.float32, network=LIMITED), population(network=LIMITED)
    with torch.no_grad():
        # Drawn in float32 and in float64, the same numbers differ.
        for own, other in zip(learned(reference.stack.hidden[0]), learned(fast.stack.hidden[0]), strict=True):
            own.copy_(other)
        for own, other in zip(learned(reference.stack.output), learned(fast.stack.output), strict=True):
            own.copy_(other)

    trained(fast, torch.float32, steps=4)
    trained(reference, torch.float64, steps=4)

    assert torch.equal(fast.stack.hidden[0].maps["lateral"].sources, reference.stack.hidden[0].maps["lateral"].sources)
    torch.testing.assert_close(weights(fast).double(), weights(reference), rtol=1e-3, atol=1e-4)


def test_first_weights_and_biases_are_uniform_within_one_over_the_root_of_the_inputs():
    wide = population([GOALS[0]], [0], network=NetworkConfig(hidden_neurons=400))

    maps = [*wide.stack.hidden[0].maps.values(), *wide.stack.output.maps.values()]
    for n_inputs, linear in zip((N_INPUTS, N_LABELS, 400, 400), maps, strict=True):
        bound = n_inputs**-0.5
        for parameter in linear.tensors().values():
            assert 0 < parameter.abs().max() <= bound
            if parameter.numel() > 100:
                assert parameter.std().item() == pytest.approx(bound / 3**0.5, rel=0.1)
                assert abs(parameter.mean().item()) < 0.2 * bound


# The wiring, written again: one member, plain formulas, and the dense joint for the goal.


def numbers(members, purpose, step):
    draw = Draw(members._keys, purpose, torch.tensor(step))
    return uniform(draw, N_HIDDEN, N_SAMPLES, torch.empty(0).double())[0]


def activation(r, c, l):
    return torch.sigmoid(r * (0.8 + 0.1 * torch.sigmoid(2 * r * c) + 0.1 * torch.sigmoid(2 * r * l)))


def fired(theta, drawn):
    return torch.where(drawn < theta.detach(), 1.0, -1.0).double()


def own_forward(members, copies, images, context_input, purposes, step):
    """Sources and θ of the hidden layer's second presentation, its outputs, and the output layer's drive."""
    w_f, b_f, w_c, b_c, w_l, b_l, w_o, b_o = copies
    r, c = w_f @ images.T + b_f, w_c @ context_input + b_c
    first = fired(activation(r, c, b_l), numbers(members, purposes[0], step))
    l = w_l @ first + b_l
    theta = activation(r, c, l)
    outputs = fired(theta, numbers(members, purposes[1], step))
    return (r, c, l), theta, outputs, w_o @ outputs + b_o


def spread_out():
    """One member whose sources fall into several bins each."""
    members = population(GOALS[:1], SEEDS[:1])
    with torch.no_grad():
        for maps in (members.stack.hidden[0].maps["label"], members.stack.hidden[0].maps["lateral"]):
            maps.weight.mul_(6)
    return members


def copied(members):
    parameters = members._parameters()
    return [p[0].detach().clone().requires_grad_() for p in parameters]


def dense_goal(bins, theta, gamma, order):
    symbols = dense_pid.relabelled(bins)
    return torch.tensor(gamma, dtype=torch.float64) @ dense_pid.terms(symbols, theta, order, int(symbols.max()) + 1)


def test_the_hidden_layer_climbs_its_own_goal_and_nothing_else():
    members, (images, labels) = trained(spread_out(), steps=2), batch(torch.float64)
    copies = copied(members)
    one_hot = torch.eye(N_LABELS, dtype=torch.float64)[labels].T
    learning = (Purpose.FIRST_PRESENTATION, Purpose.SECOND_PRESENTATION)
    sources, theta, _, _ = own_forward(members, copies, images, one_hot, learning, 2)
    bins = torch.stack([(torch.ceil((s.detach() + 20) / 2) - 1).clamp(0, 19) for s in sources])
    assert all(len(source.unique()) >= 3 for source in bins)
    loss = -sum(dense_goal(bins[:, n], theta[n], GOALS[0].gamma, dense_pid.TRIVARIATE_ORDER) for n in range(N_HIDDEN))
    expected = torch.autograd.grad(loss, copies[:6])
    expected[4].fill_diagonal_(0)

    members.learn(images, labels)

    largest = max(float(e.abs().max()) for e in expected)
    for parameter, gradient in zip(learned(members.stack.hidden[0]), expected, strict=True):
        assert gradient.abs().max() > 1e-6
        torch.testing.assert_close(parameter.grad[0], gradient, rtol=0, atol=1e-9 * largest)


def test_the_output_layer_climbs_its_own_goal_and_nothing_else():
    members, (images, labels) = trained(spread_out(), steps=2), batch(torch.float64)
    copies = copied(members)
    one_hot = torch.eye(N_LABELS, dtype=torch.float64)[labels].T
    learning = (Purpose.FIRST_PRESENTATION, Purpose.SECOND_PRESENTATION)
    *_, drive = own_forward(members, copies, images, one_hot, learning, 2)
    scaled = drive.detach() / drive.detach().abs().amax(dim=1, keepdim=True)
    bins = torch.stack([torch.ceil(10 * scaled + 10) - 1, one_hot])
    gamma = (-0.2, 0.1, 1.0, 0.1, 0.0)
    theta = torch.sigmoid(drive)
    loss = -sum(dense_goal(bins[:, n], theta[n], gamma, dense_pid.BIVARIATE_ORDER) for n in range(N_LABELS))
    expected = torch.autograd.grad(loss, copies[6:])

    members.learn(images, labels)

    largest = max(float(e.abs().max()) for e in expected)
    for parameter, gradient in zip(learned(members.stack.output), expected, strict=True):
        torch.testing.assert_close(parameter.grad[0], gradient, rtol=0, atol=1e-9 * largest)


def test_learning_climbs_by_steps_of_adam_with_decay():
    members = spread_out()
    expected = [p.detach() for p in copied(members)]
    means, squares = ([torch.zeros_like(p) for p in expected] for _ in range(2))

    for step in range(5):
        members.learn(*batch(torch.float64, step))

        # Kingma & Ba 2015, algorithm 1, with the decay of a weight added to its gradient.
        gradients = [p.grad[0] for p in members._parameters()]
        for position, gradient in enumerate(gradients):
            rate, decay = (0.002, 0.00035) if position < 6 else (0.003, 0.00015)
            total = gradient + decay * expected[position]
            means[position] = 0.9 * means[position] + 0.1 * total
            squares[position] = 0.999 * squares[position] + 0.001 * total**2
            mean = means[position] / (1 - 0.9 ** (step + 1))
            square = squares[position] / (1 - 0.999 ** (step + 1))
            expected[position] = expected[position] - rate * mean / (square.sqrt() + 1e-8)
        for parameter, own in zip(copied(members), expected, strict=True):
            torch.testing.assert_close(parameter.detach(), own, rtol=0, atol=1e-9)


@pytest.mark.parametrize("bias", [1, 10], ids=["of its own bias", "of a bias that decides what is sampled"])
def test_without_a_label_the_context_comes_from_zeros(bias):
    members, (images, _) = spread_out(), batch(torch.float64)
    with torch.no_grad():
        for maps in (members.stack.hidden[0].maps["label"], members.stack.hidden[0].maps["lateral"]):
            maps.bias.mul_(bias)
    evaluation = (Purpose.FIRST_PRESENTATION_EVALUATED, Purpose.SECOND_PRESENTATION_EVALUATED)
    no_label = torch.zeros(N_LABELS, N_SAMPLES, dtype=torch.float64)
    *_, drive = own_forward(members, copied(members), images, no_label, evaluation, evaluation_step(3, 1))

    found = members.respond(images, (3, 1))

    torch.testing.assert_close(found[0], torch.sigmoid(drive).detach(), rtol=1e-12, atol=0)


def test_output_neurons_are_kept_off_certainty():
    members = population()
    with torch.no_grad():
        bias = members.tensors()["output.feedforward.bias"]
        bias[:, 0], bias[:, 1] = 1e3, -1e3

    theta = members.respond(batch(torch.float64)[0], (0, 0))

    assert (theta[:, 0] == 1 - 1e-6).all()
    assert (theta[:, 1] == 1e-6).all()


def test_responding_twice_gives_the_same_answer():
    members, images = trained(population()), batch(torch.float64)[0]

    assert torch.equal(members.respond(images, (4, 2)), members.respond(images, (4, 2)))


def test_other_epochs_sample_other_outputs():
    members, images = population(), batch(torch.float64)[0]

    assert not torch.equal(members.respond(images, (4, 2)), members.respond(images, (5, 2)))


def test_evaluating_in_between_changes_nothing_about_the_training():
    straight, interrupted = population(), population()

    for step in range(4):
        straight.learn(*batch(torch.float64, step))
        interrupted.learn(*batch(torch.float64, step))
        accuracy(interrupted, *batch(torch.float64, 50), epoch=step)

    assert torch.equal(weights(straight), weights(interrupted))


def accuracy(members, images, labels, epoch):
    theta = responses(members, images, epoch)
    return share_correct(read(theta, inverted(members, theta, labels)), labels)


def test_the_output_neuron_that_fires_most_names_the_label():
    theta = torch.tensor([[[0.9, 0.1, 0.3], [0.2, 0.8, 0.1], [0.1, 0.2, 0.4]]])

    assert label_by([0, 1, 2], theta) == [[0, 1, 2]]


def label_by(labels, theta):
    return read(theta, inverted(population(), theta, torch.tensor(labels))).tolist()


def test_a_neuron_that_is_mostly_wrong_about_its_label_is_read_inverted():
    # The second neuron is right by 0.1, 0.8, 0.1 and 0.2; read as 0.1, 0.8, 0.1, 0.2.
    theta = torch.tensor([[[0.9, 0.1, 0.3, 0.1], [0.9, 0.2, 0.9, 0.8], [0.1, 0.2, 0.4, 0.1]]])

    assert label_by([0, 1, 2, 2], theta) == [[0, 1, 2, 1]]


def test_of_many_classes_a_neuron_that_mostly_fires_is_read_inverted_as_published():
    theta = torch.rand(1, 100, 2000, generator=torch.Generator().manual_seed(3)) ** torch.rand(100, 1)
    labels = torch.randint(100, (2000,), generator=torch.Generator().manual_seed(4))

    clear = (theta.mean(dim=-1) - 0.5).abs() > 0.02

    assert torch.equal(inverted(population(), theta, labels)[clear], (theta.mean(dim=-1) > 0.5)[clear])


def test_neurons_of_two_classes_are_read_by_what_they_say_and_not_by_how_often():
    # Each is right about most images; the first fires at 0.6 of them.
    theta = torch.tensor([[[0.9, 0.9, 0.4, 0.2], [0.1, 0.4, 0.8, 0.9]]])

    assert label_by([0, 0, 1, 1], theta) == [[0, 0, 1, 1]]
    assert label_by([1, 1, 0, 0], theta) == [[1, 1, 0, 0]]


def test_a_neuron_that_never_fires_is_read_as_it_is():
    theta = torch.tensor([[[0.0, 0.0, 0.0], [0.3, 0.1, 0.1]]])

    assert label_by([1, 1, 0], theta) == [[1, 1, 1]]


def test_a_neuron_that_is_right_as_often_as_wrong_is_read_as_it_is():
    theta = torch.tensor([[[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]])

    assert label_by([0, 1, 1, 0], theta) == [[0, 1, 0, 1]]


def test_neurons_are_inverted_by_member():
    theta = torch.tensor([[[0.9, 0.9, 0.1], [0.2, 0.3, 0.4]], [[0.1, 0.1, 0.9], [0.2, 0.3, 0.4]]])

    assert label_by([1, 1, 0], theta) == [[1, 1, 0], [1, 1, 0]]


def test_inversion_is_judged_over_the_whole_set_not_batch_by_batch(monkeypatch):
    members, images = population(), batch(torch.float64)[0]
    whole = torch.tensor([[[0.9, 0.9, 0.9, 0.9, 0.4, 0.4], [0.5] * 6]])
    responses = iter(torch.split(whole, 2, dim=-1))
    monkeypatch.setattr("model.evaluation.BATCH", 2)
    monkeypatch.setattr(members, "respond", lambda *_given, **_how: next(responses))

    # The first is right by 0.1, four times, and by 0.4, twice: read as 0.1, …, 0.6, 0.6. In its last batch alone, where
    # its label is not, it would be right by 0.6.
    found = accuracy(members, images[:6], torch.tensor([1, 1, 1, 1, 0, 0]), epoch=1)

    assert found.tolist() == [1.0]


def test_every_batch_of_an_evaluation_samples_outputs_of_its_own(monkeypatch):
    members, (images, labels), steps = population(), batch(torch.float64), []
    respond = members.respond
    monkeypatch.setattr("model.evaluation.BATCH", 15)
    monkeypatch.setattr(
        members, "respond", lambda images, step, **how: (steps.append(step), respond(images, step, **how))[1]
    )

    accuracy(members, images, labels, epoch=6)

    assert steps == [(6, 0), (6, 1), (6, 2)]


def split(n_train=80, n_validation=40):
    (train, train_labels), (held, held_labels) = (
        tuple(torch.cat(parts) for parts in zip(*(batch(torch.float32, s) for s in steps), strict=True))
        for steps in ((200, 201), (202,))
    )
    parts = (train[:n_train], train_labels[:n_train], held[:n_validation], held_labels[:n_validation])
    return Split(*(part.numpy() for part in parts), n_classes=N_LABELS)


def training(epochs=3, batch_size=32, data=None, dtype=torch.float64, data_seed=0):
    config = TrainingConfig(epochs=epochs, batch_size=batch_size, data_seed=data_seed)
    return Training(NETWORK, config, data or split(), GOALS, SEEDS, dtype=dtype)


def test_accuracy_is_that_of_the_validation_part():
    data = split()
    others = (data.validation_labels + 1) % N_LABELS
    mislabelled = Split(data.train_images, data.train_labels, data.validation_images, others, N_LABELS)

    run, other = training(data=data), training(data=mislabelled)
    results, other_results = list(run.epochs()), list(other.epochs())

    assert results[-1].validation_accuracy == run.accuracy(data.validation_images, data.validation_labels)
    assert results[-1].validation_accuracy != other_results[-1].validation_accuracy


def test_every_epoch_evaluates_with_outputs_sampled_for_it(monkeypatch):
    run, steps = training(), []
    respond = run.population.respond
    monkeypatch.setattr(
        run.population, "respond", lambda images, step, **how: (steps.append(step), respond(images, step, **how))[1]
    )

    list(run.epochs())
    run.accuracy(split().validation_images, split().validation_labels)

    # Each epoch images learned from, then the validation part; in the end the images asked for.
    assert steps == [(1, 0), (1, 0), (2, 0), (2, 0), (3, 0), (3, 0), (3, 0)]


def test_a_diverged_member_is_reported_and_the_others_go_on():
    healthy, struck = [list(training().epochs())], training()
    results = struck.epochs()
    first = next(results)
    with torch.no_grad():
        struck.population.stack.hidden[0].maps["label"].bias[1, 2] = float("nan")

    after = [first, *results]

    assert [result.diverged for result in after] == [(False,) * 3, (False, True, False), (False, True, False)]
    for result, untouched in zip(after, healthy[0], strict=True):
        assert result.validation_accuracy[0] == untouched.validation_accuracy[0]
        assert result.validation_accuracy[2] == untouched.validation_accuracy[2]
    assert [np.isnan(result.validation_accuracy[1]) for result in after] == [False, True, True]


def test_training_ends_when_every_member_has_diverged():
    struck = training()
    results = struck.epochs()
    next(results)
    with torch.no_grad():
        struck.population.stack.output.maps["feedforward"].weight[:, 0, 0] = float("inf")

    with pytest.raises(DivergedError, match="after epoch 2"):
        next(results)


def test_a_last_batch_of_one_sample_is_learned_from():
    results = list(training(epochs=2, batch_size=79).epochs())

    assert [result.epoch for result in results] == [1, 2]
    assert not any(any(result.diverged) for result in results)


def orders(monkeypatch, data_seed):
    """The order in which samples are presented, by epoch."""
    run, seen = training(epochs=4, data_seed=data_seed), []
    monkeypatch.setattr(run.population, "learn", lambda images, _labels: seen.append(images.clone()))
    list(run.epochs())
    assert [len(images) for images in seen] == [32, 32, 16] * 4
    first_pixels = torch.cat([images[:, 0] for images in seen])
    return [tuple(epoch.tolist()) for epoch in first_pixels.split(80)]


def test_every_training_sample_is_presented_once_an_epoch_in_an_order_of_its_own(monkeypatch):
    by_epoch, others = orders(monkeypatch, data_seed=0), orders(monkeypatch, data_seed=1)

    presented = sorted(split().train_images[:, 0].astype(np.float64).tolist())
    assert all(sorted(epoch) == presented for epoch in (*by_epoch, *others))
    assert len({*by_epoch, *others}) == 8
