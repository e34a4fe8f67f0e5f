"""Random numbers from a counter: as published, and as independent as they should be."""

import pytest
import torch

from model.randomness import Draw, Purpose, evaluation_step, member_keys, philox, uniform

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_answers(counter, key, expected):
    """The known answers for philox4x32-10 that come with Random123, the authors' implementation."""
    words = philox(tuple(torch.tensor(word) for word in counter), tuple(torch.tensor(word) for word in key))

    assert tuple(word.item() for word in words) == expected


def test_a_block_of_four_samples_has_the_words_of_one_counter():
    draw = Draw(torch.tensor([[0xA4093822, 0x299F31D0]]), Purpose.FIRST_PRESENTATION, torch.tensor(5 << 32 | 77))

    drawn = uniform(draw, 3, 7, torch.empty(0, dtype=torch.float64))

    # Block 1, neuron 2, the step's low 32 bits, its high 24 above the purpose.
    counter, key = (1, 2, 77, 0x503), (0xA4093822, 0x299F31D0)
    words = philox(tuple(torch.tensor(word) for word in counter), tuple(torch.tensor(word) for word in key))
    assert drawn[0, 2, 4:].tolist() == [word.item() // 2**8 / 2**24 for word in words[:3]]


def numbers(n_neurons=40, n_samples=1000, seeds=(1, 2), dtype=torch.float64, step=3):
    draw = Draw(member_keys(seeds), Purpose.FIRST_PRESENTATION, torch.tensor(step))
    return uniform(draw, n_neurons, n_samples, torch.empty(0, dtype=dtype))


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
        "blocks": (drawn[..., 4:], drawn[..., :-4]),
        "steps": (drawn, numbers(step=4) - 0.5),
    }
    for one, other in pairs.values():
        correlation = 12 * (one * other).mean()
        assert correlation.abs() < 5 * one.numel() ** -0.5


def test_a_number_depends_on_its_member_neuron_and_sample_alone():
    whole = numbers()

    assert torch.equal(numbers(seeds=(2,))[0], whole[1])
    assert torch.equal(numbers(n_neurons=3), whole[:, :3])
    assert torch.equal(numbers(n_samples=77), whole[..., :77])


def test_every_type_draws_the_same_numbers():
    assert torch.equal(numbers(dtype=torch.float32).double(), numbers())


def test_every_member_purpose_and_step_draws_numbers_of_its_own():
    steps = [0, 1, 2**32, 2**32 + 1, 2**55, evaluation_step(1, 1), evaluation_step(2, 1), evaluation_step(1, 2)]
    # __members__ has aliases too: two purposes of one number would draw the same.
    drawn = [
        tuple(member.flatten().tolist())
        for purpose in Purpose.__members__.values()
        for step in {*steps}
        for member in uniform(Draw(member_keys([1, 2]), purpose, torch.tensor(step)), 2, 3, torch.empty(0))
    ]

    assert len(drawn) == len(set(drawn)) == 2 * 7 * len(Purpose.__members__)


@pytest.mark.parametrize("when", [(2**32, 0), (0, 2**24), (-1, 0), (0, -1)])
def test_an_evaluation_that_would_draw_the_numbers_of_another_is_refused(when):
    with pytest.raises(ValueError, match="at most"):
        evaluation_step(*when)
