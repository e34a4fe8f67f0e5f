"""Every network, written again: one member, plain formulas, automatic differentiation, the dense joint for goals."""

import pytest
import torch

from model.backpropagation import BackpropagatedPopulation
from model.config import NetworkConfig, TrainingConfig
from model.goal import Goal
from model.population import Population
from model.randomness import Draw, Purpose, evaluation_step, uniform
from tests.reference import dense_pid

N_INPUTS, N_LABELS, N_SAMPLES = 5, 3, 40
LEARNING = Purpose.FIRST_PRESENTATION, Purpose.SECOND_PRESENTATION
EVALUATION = Purpose.FIRST_PRESENTATION_EVALUATED, Purpose.SECOND_PRESENTATION_EVALUATED
OBSERVATION = Purpose.FIRST_PRESENTATION_OBSERVED, Purpose.SECOND_PRESENTATION_OBSERVED
OUTPUT_GOAL = (-0.2, 0.1, 1.0, 0.1, 0.0)

NETWORKS = {
    "setup 1": {},
    "setup 2": {"lateral_connections": 2},
    "setup 3": {"lateral_connections": 2, "context": ("output",)},
    "label and output": {"context": ("label", "output")},
    "deep": {"hidden_neurons": (6, 5, 4), "lateral_connections": 3},
    "deep with feedback": {"hidden_neurons": (6, 4), "context": ("label", "output")},
    "linear": {"activation": "linear"},
    "context only": {"lateral_connections": 0},
    "feedback only": {"lateral_connections": 0, "context": ("output",)},
    "lateral only": {"context": ()},
    "deep, context only": {"hidden_neurons": (6, 4), "lateral_connections": 0},
}
BASELINES = {
    "fixed": {"learning": "fixed"},
    "deep fixed": {"learning": "fixed", "hidden_neurons": (6, 4)},
    "readout": {"hidden_neurons": ()},
}


def network_of(**parts):
    return NetworkConfig(**{"hidden_neurons": 6, **parts})


def goals_of(network):
    name = "optimized_1_100_tpe" if network.kind == "trivariate" else "optimized_1_100"
    return (Goal.preset(name, network.kind),) * network.n_goals


def batch(step=0):
    generator = torch.Generator().manual_seed(step)
    labels = torch.randint(N_LABELS, (N_SAMPLES,), generator=generator)
    centres = torch.randn(N_LABELS, N_INPUTS, generator=torch.Generator().manual_seed(99))
    images = 2 * (centres[labels] + torch.randn(N_SAMPLES, N_INPUTS, generator=generator))
    return images.double(), labels


def population(network, n_members=1, kind=Population):
    """Members whose sources fall into several bins each, trained for two steps."""
    template = torch.empty(0, dtype=torch.float64)
    seeds = range(11, 11 + n_members)
    members = kind(network, TrainingConfig(), [goals_of(network)] * n_members, seeds, N_INPUTS, N_LABELS, template)
    with torch.no_grad():
        for name, tensor in members.tensors().items():
            if name.endswith(("label.weight", "output.weight", "lateral.weight")):
                tensor.mul_(6)
    for step in range(2):
        members.learn(*batch(step))
    return members


class Written:
    """The network, by its formulas; parameters are those of a population's first member."""

    def __init__(self, members, network):
        self.network, self.keys = network, members._keys
        self.weights = {n: t[0].detach().clone().requires_grad_() for n, t in members.tensors().items()}
        for number in range(len(network.layers)):
            if network.lateral_connections and network.learning != "fixed":
                name = f"hidden.{number}.lateral.weight"
                self.weights[f"{name} drawn"] = self.weights[name]
                sources = members.stack.hidden[number].maps["lateral"].sources[0]
                size = network.layers[number]
                self.weights[name] = torch.zeros(size, size).double().scatter(1, sources, self.weights[name])

    def map(self, name, inputs):
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return bias if inputs is None else weight @ inputs + bias

    def theta(self, sources):
        if self.network.activation == "linear":
            return torch.sigmoid(sources[0] + 0.1 * sources[1] + sources[2])
        r, *others = sources
        if len(others) == 1:
            return torch.sigmoid(r * (0.9 + 0.1 * 2 * torch.sigmoid(2 * r * others[0])))
        c, l = others
        return torch.sigmoid(r * (0.8 + 0.1 * torch.sigmoid(2 * r * c) + 0.1 * torch.sigmoid(2 * r * l)))

    def drawn(self, theta, purpose, step, first_neuron):
        draw = Draw(self.keys[:1], purpose, torch.tensor(step), first_neuron)
        return uniform(draw, len(theta), theta.shape[1], theta)[0] < theta.detach()

    def present(self, images, one_hot, before, answer, purpose, step, outputs_of):
        """Sources and θ of each hidden layer, and all outputs, at one presentation."""
        inputs, seen, outputs = images.T, [], []
        for number in range(len(self.network.layers)):
            name = f"hidden.{number}"
            sources = [self.map(f"{name}.feedforward", inputs)]
            context = {"label": one_hot, "output": answer}
            if self.network.context:
                sources.append(sum(self.map(f"{name}.{origin}", context[origin]) for origin in self.network.context))
            if self.network.lateral_connections != 0:
                sources.append(self.map(f"{name}.lateral", before[number]))
            sources = torch.broadcast_tensors(*sources)
            theta = self.theta(sources)
            first_neuron = sum(self.network.layers[:number])
            inputs = outputs_of(theta, self.drawn(theta, purpose, step, first_neuron))
            seen.append((sources, theta))
            outputs.append(inputs)
        return seen, outputs

    def answer(self, outputs, purpose, step, outputs_of):
        theta = torch.sigmoid(self.map("output.feedforward", outputs[-1])).clamp(1e-6, 1 - 1e-6).detach()
        return outputs_of(theta, self.drawn(theta, purpose, step, sum(self.network.layers)))

    def both(self, images, one_hot, purposes, step, outputs_of, answers_of=None):
        """What the second presentation gives, after the first one from zeros."""
        nothing = [None] * len(self.network.layers)
        _, outputs = self.present(images, one_hot, nothing, None, purposes[0], step, outputs_of)
        answer = self.answer(outputs, purposes[0], step, answers_of or outputs_of)
        return self.present(images, one_hot, outputs, answer, purposes[1], step, outputs_of)


def signs(_theta, drawn):
    return torch.where(drawn, 1.0, -1.0).double()


def zeros_and_ones(theta, drawn):
    """Sampled outputs with the derivatives of their probabilities."""
    return drawn.double() + theta - theta.detach()


def expected_signs(theta, _drawn):
    return 2 * theta.detach() - 1


def one_hot_of(labels):
    return torch.eye(N_LABELS, dtype=torch.float64)[labels].T


def fixed_bins(values):
    return (torch.ceil((values.detach() + 20) / 2) - 1).clamp(0, 19)


def adaptive_bins(values):
    values = values.detach()
    return (torch.ceil(10 * values / values.abs().amax(dim=1, keepdim=True) + 10) - 1).clamp(0, 19)


def terms_of(sources, theta):
    """Of each neuron, (neuron, term)."""
    bins_of, order = (
        (fixed_bins, dense_pid.TRIVARIATE_ORDER) if len(sources) == 3 else (adaptive_bins, dense_pid.BIVARIATE_ORDER)
    )
    bins, terms = torch.stack([bins_of(source) for source in sources]), []
    for neuron in range(len(theta)):
        symbols = dense_pid.relabelled(bins[:, neuron])
        terms.append(dense_pid.terms(symbols, theta[neuron], order, int(symbols.max()) + 1))
    return torch.stack(terms)


def goal_of(sources, theta, gamma):
    return (terms_of(sources, theta) @ torch.tensor(gamma, dtype=torch.float64)).sum()


@pytest.mark.parametrize("parts", NETWORKS.values(), ids=NETWORKS)
def test_every_layer_climbs_its_own_goal_and_nothing_else(parts):
    network = network_of(**parts)
    members, (images, labels) = population(network), batch(2)
    written = Written(members, network)
    seen, outputs = written.both(images, one_hot_of(labels), LEARNING, 2, signs)
    loss = -sum(goal_of(*layer, goals_of(network)[0].gamma) for layer in seen)
    drive = written.map("output.feedforward", outputs[-1])
    loss = loss - goal_of((drive, one_hot_of(labels)), torch.sigmoid(drive), OUTPUT_GOAL)
    loss.backward()

    members.learn(images, labels)

    for name, tensor in members.tensors().items():
        expected = written.weights.get(f"{name} drawn", written.weights[name]).grad.clone()
        if name.endswith("lateral.weight") and network.lateral_connections is None:
            expected.fill_diagonal_(0)
        assert expected.abs().max() > 1e-7, name
        torch.testing.assert_close(tensor.grad[0], expected, rtol=0, atol=1e-9 * float(expected.abs().max()), msg=name)


@pytest.mark.parametrize("sampled", [True, False], ids=["sampled", "expected"])
@pytest.mark.parametrize("parts", NETWORKS.values(), ids=NETWORKS)
def test_without_a_label_its_part_of_the_context_comes_from_zeros(parts, sampled):
    network = network_of(**parts)
    members, (images, _) = population(network), batch(3)
    written = Written(members, network)
    step, outputs_of = evaluation_step(3, 1), signs if sampled else expected_signs
    _, outputs = written.both(images, None, EVALUATION, step, outputs_of)

    found = members.respond(images, (3, 1), sampled=sampled)

    expected = torch.sigmoid(written.map("output.feedforward", outputs[-1])).detach()
    torch.testing.assert_close(found[0], expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("learning", ["goals", "backpropagation"])
@pytest.mark.parametrize("parts", NETWORKS.values(), ids=NETWORKS)
def test_neurons_are_observed_as_they_are_shown_the_label(parts, learning):
    network = network_of(**parts, learning=learning)
    taught = learning == "backpropagation"
    members, (images, labels) = population(network, kind=BackpropagatedPopulation if taught else Population), batch(4)
    before = {name: tensor.clone() for name, tensor in members.tensors().items()}
    written = Written(members, network)
    outputs_of, step = zeros_and_ones if taught else signs, evaluation_step(7, 0)
    seen, outputs = written.both(images, one_hot_of(labels), OBSERVATION, step, outputs_of, signs)
    drive = written.map("output.feedforward", outputs[-1])
    expected = {f"hidden {number}": terms_of(*layer) for number, layer in enumerate(seen, start=1)}
    if not taught:
        expected["output"] = terms_of((drive, one_hot_of(labels)), torch.sigmoid(drive))

    found = members.observe(images, labels, epoch=7)

    assert found.keys() == expected.keys()
    for layer, observation in found.items():
        torch.testing.assert_close(observation.terms()[0], expected[layer].detach(), rtol=1e-9, atol=1e-9)
        assert len(observation.names) == expected[layer].shape[1]
    assert all(torch.equal(tensor, before[name]) for name, tensor in members.tensors().items())


@pytest.mark.parametrize("parts", BASELINES.values(), ids=BASELINES)
def test_a_readout_learns_from_fixed_neurons_or_from_the_images(parts):
    network = network_of(**parts)
    members, (images, labels) = population(network), batch(2)
    before = {name: tensor.clone() for name, tensor in members.tensors().items()}
    written, inputs = Written(members, network), images.T
    for number in range(len(network.layers)):
        inputs = torch.sign(written.map(f"fixed.{number}.feedforward", inputs)).detach()
    drive = written.map("output.feedforward", inputs)
    (-goal_of((drive, one_hot_of(labels)), torch.sigmoid(drive), OUTPUT_GOAL)).backward()

    members.learn(images, labels)

    for name, tensor in members.tensors().items():
        if name.startswith("fixed."):
            assert torch.equal(tensor, before[name])
        else:
            assert not torch.equal(tensor, before[name])
            torch.testing.assert_close(tensor.grad[0], written.weights[name].grad, rtol=1e-9, atol=1e-12)
    found = members.respond(images, (1, 0))[0]
    torch.testing.assert_close(
        found, torch.sigmoid(Written(members, network).map("output.feedforward", inputs)).detach()
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_backpropagation_descends_the_cross_entropy(name):
    network = network_of(**NETWORKS[name], learning="backpropagation")
    members, (images, labels) = population(network, kind=BackpropagatedPopulation), batch(2)
    written = Written(members, network)
    _, outputs = written.both(images, one_hot_of(labels), LEARNING, 2, zeros_and_ones, signs)
    drive = written.map("output.feedforward", outputs[-1])
    predicted = torch.log_softmax(drive, dim=0)
    (-predicted[labels, torch.arange(N_SAMPLES)].mean()).backward()

    members.learn(images, labels)

    for parameter, tensor in members.tensors().items():
        expected = written.weights.get(f"{parameter} drawn", written.weights[parameter]).grad.clone()
        if parameter.endswith("lateral.weight") and network.lateral_connections is None:
            expected.fill_diagonal_(0)
        assert expected.abs().max() > 0, parameter
        torch.testing.assert_close(tensor.grad[0], expected, rtol=1e-9, atol=1e-12, msg=parameter)


@pytest.mark.parametrize("learning", ["goals", "backpropagation"])
@pytest.mark.parametrize("parts", NETWORKS.values(), ids=NETWORKS)
def test_a_member_learns_what_it_would_learn_alone(parts, learning):
    network = network_of(**parts, learning=learning)
    kind = BackpropagatedPopulation if learning == "backpropagation" else Population
    together, alone = population(network, 3, kind), population(network, 1, kind)

    for name, tensor in alone.tensors().items():
        torch.testing.assert_close(tensor[0], together.tensors()[name][0], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("learning", ["goals", "backpropagation"])
@pytest.mark.parametrize("parts", NETWORKS.values(), ids=NETWORKS)
def test_members_that_stay_go_on_as_if_nobody_had_left(parts, learning):
    network = network_of(**parts, learning=learning)
    kind = BackpropagatedPopulation if learning == "backpropagation" else Population
    full, fewer = (population(network, 3, kind) for _ in range(2))

    fewer.keep([0, 2])
    for members in (full, fewer):
        members.learn(*batch(3))

    for name, tensor in fewer.tensors().items():
        torch.testing.assert_close(tensor, full.tensors()[name][[0, 2]], rtol=1e-9, atol=1e-10)


def test_backpropagation_never_connects_a_neuron_to_itself():
    members = population(network_of(learning="backpropagation"), kind=BackpropagatedPopulation)

    assert (members.tensors()["hidden.0.lateral.weight"].diagonal(dim1=1, dim2=2) == 0).all()


def test_compiled_networks_learn_what_the_reference_learns():
    network = network_of(**NETWORKS["deep with feedback"])
    template, goals = torch.empty(0), [goals_of(network)]
    fast = Population(network, TrainingConfig(), goals, [1], N_INPUTS, N_LABELS, template)
    slow = Population(network, TrainingConfig(), goals, [1], N_INPUTS, N_LABELS, template.double())
    for name, tensor in slow.tensors().items():
        tensor.copy_(fast.tensors()[name])

    for step in range(3):
        images, labels = batch(step)
        fast.learn(images.float(), labels)
        slow.learn(images, labels)

    for name, tensor in slow.tensors().items():
        torch.testing.assert_close(fast.tensors()[name].double(), tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("parts", "goals", "expected"),
    [
        ({}, Goal((0.0,) * 5), "hidden layer 1 are trivariate: expected 19 weights in the order {F}{C}{L}"),
        ({"context": ()}, Goal((0.0,) * 19), "with lateral input: expected 5 weights in the order {1}, {2}"),
        (
            {"hidden_neurons": (6, 4)},
            (Goal((0.0,) * 19),) * 3,
            "one goal for all hidden layers, or 2, one for each; got 3",
        ),
        ({"hidden_neurons": (6, 4)}, (Goal((0.0,) * 19), Goal((0.0,) * 5)), "hidden layer 2 are trivariate"),
    ],
)
def test_a_goal_that_does_not_fit_its_layer_is_refused_with_what_would(parts, goals, expected):
    with pytest.raises(ValueError, match=expected.replace("{", r"\{").replace("}", r"\}")):
        Population(network_of(**parts), TrainingConfig(), [goals], [1], N_INPUTS, N_LABELS, torch.empty(0))
