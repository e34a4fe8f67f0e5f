"""One suite for every backend of limited lateral connections: each against a full matrix with zeros, by autograd."""

import pytest
import torch

from model.laterals import LimitedLaterals, compiled_backend, connections, limited, torch_backend

CASES = pytest.mark.parametrize(
    ("backend", "dtype"),
    [(compiled_backend, torch.float32), (torch_backend, torch.float32), (torch_backend, torch.float64)],
    ids=["compiled", "torch float32", "torch float64"],
)
SIZES = pytest.mark.parametrize(
    ("neurons", "n_connections", "samples"),
    [(2, 1, 1), (7, 3, 33), (7, 6, 1), (23, 8, 1025), (31, 13, 64), (9, 4, 2051)],
)
SEEDS = [4, 5, 6]


def drawn(neurons, n_connections, dtype=torch.float64, seeds=SEEDS):
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    sources = connections(seeds, 0, neurons, n_connections)
    return LimitedLaterals.initialised(generators, sources, torch.empty(0, dtype=dtype))


def activity(neurons, samples, dtype):
    """Outputs −1 or +1 and derivatives of a loss, each (member, neuron, sample)."""
    generator = torch.Generator().manual_seed(samples)
    outputs = torch.randint(2, (len(SEEDS), neurons, samples), generator=generator) * 2 - 1
    downhill = torch.randn(len(SEEDS), neurons, samples, generator=generator, dtype=torch.float64)
    return outputs.to(dtype), downhill.to(dtype)


def full_matrix(maps):
    """The weights as a leaf (member, neuron, neuron) in float64, with zeros where nothing is connected."""
    matrix = torch.zeros(*maps.sources.shape[:2], maps.sources.shape[1], dtype=torch.float64)
    for member, rows in enumerate(maps.sources.tolist()):
        for neuron, sources in enumerate(rows):
            for connection, source in enumerate(sources):
                matrix[member, neuron, source] = maps.weight[member, neuron, connection].double()
    return matrix.requires_grad_()


def assert_close(found, expected):
    tolerance = 1e-12 if found.dtype == torch.float64 else 1e-5
    assert (found.double() - expected).abs().max() <= tolerance * expected.abs().max()


@CASES
@SIZES
def test_neurons_hear_their_sources_and_nobody_else(backend, dtype, neurons, n_connections, samples):
    maps, (outputs, _) = drawn(neurons, n_connections, dtype), activity(neurons, samples, dtype)

    heard = backend.own(maps.sources, maps.weight, maps.bias, outputs)

    assert heard.dtype == dtype
    assert_close(heard, full_matrix(maps).detach() @ outputs.double() + maps.bias.double())


@CASES
@SIZES
def test_weights_and_biases_get_the_gradients_of_autograd(backend, dtype, neurons, n_connections, samples, monkeypatch):
    monkeypatch.setattr(LimitedLaterals, "_backend", lambda _self: backend)
    maps, (outputs, downhill) = drawn(neurons, n_connections, dtype), activity(neurons, samples, dtype)
    matrix, bias = full_matrix(maps), maps.bias.double().requires_grad_()
    loss = (downhill.double() * (matrix @ outputs.double() + bias)).sum()
    by_matrix, by_bias = torch.autograd.grad(loss, [matrix, bias])

    maps.take(downhill, outputs)

    for member in range(len(SEEDS)):
        for neuron in range(neurons):
            expected = by_matrix[member, neuron, maps.sources[member, neuron]]
            assert_close(maps.weight.grad[member, neuron], expected)
    assert_close(maps.bias.grad, by_bias)


@CASES
def test_activity_may_lie_in_memory_in_any_order(backend, dtype):
    maps, (outputs, downhill) = drawn(7, 3, dtype), activity(7, 33, dtype)
    turned, turned_downhill = (t.permute(2, 0, 1).contiguous().permute(1, 2, 0) for t in (outputs, downhill))
    gradient, expected = torch.empty_like(maps.weight), torch.empty_like(maps.weight)

    heard = backend.own(maps.sources, maps.weight, maps.bias, turned)
    backend.take_own(maps.sources, turned_downhill, turned, gradient)

    backend.take_own(maps.sources, downhill, outputs, expected)
    assert not turned.is_contiguous()
    assert_close(heard, backend.own(maps.sources, maps.weight, maps.bias, outputs).double())
    assert_close(gradient, expected.double())


@CASES
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_weight_that_is_not_finite_spoils_what_its_own_neuron_hears_only(backend, dtype, bad):
    maps, (outputs, _) = drawn(7, 3, dtype), activity(7, 33, dtype)
    maps.weight[1, 2, 0] = bad

    heard = backend.own(maps.sources, maps.weight, maps.bias, outputs)

    spoiled = ~heard.isfinite().all(dim=-1)
    assert spoiled.nonzero().tolist() == [[1, 2]]
    assert not heard[1, 2].isfinite().any()


@CASES
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_number_of_threads_changes_nothing(backend, dtype, threads):
    maps, (outputs, downhill) = drawn(7, 3, dtype), activity(7, 1025, dtype)
    expected = backend.own(maps.sources, maps.weight, maps.bias, outputs)
    backend.take_own(maps.sources, downhill, outputs, expected_gradient := torch.empty_like(maps.weight))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        heard = backend.own(maps.sources, maps.weight, maps.bias, outputs)
        backend.take_own(maps.sources, downhill, outputs, gradient := torch.empty_like(maps.weight))
    finally:
        torch.set_num_threads(before)

    assert torch.equal(heard, expected)
    assert torch.equal(gradient, expected_gradient)


@pytest.mark.parametrize(("neurons", "n_connections"), [(2, 1), (10, 3), (30, 29)])
def test_every_neuron_hears_as_many_different_others_as_it_may(neurons, n_connections):
    sources = drawn(neurons, n_connections).sources

    assert sources.shape == (len(SEEDS), neurons, n_connections)
    for member in sources.tolist():
        for neuron, heard in enumerate(member):
            assert len(set(heard)) == n_connections
            assert set(heard) <= set(range(neurons)) - {neuron}


def test_neurons_and_members_hear_others_of_their_own():
    sources = drawn(100, 20).sources.tolist()

    # The same 20 of 99 by chance: once in 10²⁰.
    relative = [
        tuple(sorted((s - neuron) % 100 for s in heard)) for member in sources for neuron, heard in enumerate(member)
    ]
    absolute = [tuple(heard) for member in sources for heard in member]
    assert len(set(relative)) == len(set(absolute)) == len(SEEDS) * 100


def test_every_other_neuron_is_heard_equally_often():
    sources = drawn(20, 5, seeds=range(200)).sources

    # Each of 19 others is heard by 200 × 5/19 = 52.6 members; standard deviation √(200 · 5/19 · 14/19) = 6.2.
    counts = torch.zeros(20, 20).index_put_(
        (torch.arange(20).expand(200, 5, 20).mT, sources), torch.tensor(1.0), accumulate=True
    )
    others = counts[~torch.eye(20, dtype=torch.bool)]
    assert (counts.diagonal() == 0).all()
    assert others.min() > 52.6 - 5 * 6.2
    assert others.max() < 52.6 + 5 * 6.2
    assert others.std().item() == pytest.approx(6.2, rel=0.2)


@pytest.mark.parametrize("member", [0, 1, 2])
def test_what_a_member_draws_does_not_depend_on_its_company(member):
    together, alone = drawn(10, 3), drawn(10, 3, seeds=[SEEDS[member]])

    assert torch.equal(alone.sources[0], together.sources[member])
    assert torch.equal(alone.weight[0], together.weight[member])
    assert torch.equal(alone.bias[0], together.bias[member])


def test_connections_of_another_layer_are_others():
    assert not torch.equal(connections([4], 0, 10, 3), connections([4], 1, 10, 3))


def test_first_weights_and_biases_are_uniform_within_one_over_the_root_of_the_connections():
    for parameter in drawn(1000, 25).tensors().values():
        assert 0.19 < parameter.abs().max() <= 0.2
        assert parameter.std().item() == pytest.approx(0.2 / 3**0.5, rel=0.05)
        assert abs(parameter.mean().item()) < 0.02


def test_members_that_are_kept_go_on_as_they_are():
    maps, (outputs, downhill) = drawn(7, 3), activity(7, 33, torch.float64)
    positions = torch.tensor([2, 0])

    kept = maps.keep(positions)

    torch.testing.assert_close(kept.of(outputs[positions]), maps.of(outputs)[positions])
    maps.take(downhill, outputs)
    kept.take(downhill[positions], outputs[positions])
    torch.testing.assert_close(kept.weight.grad, maps.weight.grad[positions])
    torch.testing.assert_close(kept.bias.grad, maps.bias.grad[positions])


def test_gradients_that_somebody_has_taken_away_are_missed():
    maps, (outputs, downhill) = drawn(7, 3), activity(7, 33, torch.float64)
    maps.weight.grad = None

    with pytest.raises(ValueError, match="taken the gradients away"):
        maps.take(downhill, outputs)


def test_float32_on_the_cpu_is_compiled_and_the_rest_is_not(monkeypatch):
    used = []
    for backend in (limited.compiled_backend, limited.torch_backend):
        monkeypatch.setattr(backend, "own", lambda *given, b=backend: (used.append(b), given[-1])[1])

    for dtype in (torch.float32, torch.float64):
        drawn(7, 3, dtype).of(activity(7, 33, dtype)[0])

    assert used == [compiled_backend, torch_backend]
