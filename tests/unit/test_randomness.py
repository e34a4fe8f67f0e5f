"""Random numbers from a counter: as published, and as independent as they should be."""

import pytest
import torch

from model.randomness import Purpose, member_keys, philox, uniform


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0), 0, (0xFF1DAE59, 0x6CD10DF2)),
        ((0xFFFFFFFF, 0xFFFFFFFF), 0xFFFFFFFF, (0x2C3F628B, 0xAB4FD7AD)),
        ((0x243F6A88, 0x85A308D3), 0x13198A2E, (0xDD7CE038, 0xF62A4C12)),
    ],
)
def test_philox_gives_the_published_answers(counter, key, expected):
    """The known answers for philox2x32-10 that come with Random123, the authors' implementation."""
    left, right = philox(*(torch.tensor(word) for word in (*counter, key)))

    assert (left.item(), right.item()) == expected


def numbers(n_neurons=40, n_samples=1000, seeds=(1, 2), dtype=torch.float64):
    keys = member_keys(seeds, Purpose.FIRST_PRESENTATION, (3,))
    return uniform(keys, n_neurons, n_samples, torch.empty(0, dtype=dtype))


def test_numbers_are_uniform():
    drawn = numbers().flatten()

    assert ((drawn >= 0) & (drawn < 1)).all()
    counts = torch.histc(drawn, 20, 0, 1)
    # Each is binomial with n = 80000, p = 1/20: standard deviation 62.
    assert (counts - len(drawn) / 20).abs().max() < 5 * 62


def test_neighbours_do_not_depend_on_each_other():
    drawn = numbers() - 0.5

    pairs = {
        "members": (drawn[0], drawn[1]),
        "neurons": (drawn[:, 1:], drawn[:, :-1]),
        "samples": (drawn[..., 1:], drawn[..., :-1]),
        "next but one": (drawn[..., 2:], drawn[..., :-2]),
    }
    for one, other in pairs.values():
        correlation = 12 * (one * other).mean()
        assert correlation.abs() < 5 * one.numel() ** -0.5


def test_a_number_depends_on_its_key_neuron_and_sample_alone():
    whole = numbers()

    assert torch.equal(numbers(seeds=(2,))[0], whole[1])
    assert torch.equal(numbers(n_neurons=3), whole[:, :3])
    assert torch.equal(numbers(n_samples=77), whole[..., :77])


def test_every_type_draws_the_same_numbers():
    assert torch.equal(numbers(dtype=torch.float32).double(), numbers())
