"""Goal files lose no digit, whatever the weights, the format and the way numbers are written."""

import io
import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.goal import TERMS_OF, Goal
from model.goal_files import read_goals, write_goals

SMALLEST = 5e-324
TRICKY = (0.0, -0.0, 1.0, -1.0, 1e-05, -1e-05, 1e-300, SMALLEST, -SMALLEST, 2.2250738585072014e-308, 0.1 + 0.2, 1 / 3)

weights = st.sampled_from(TRICKY) | st.floats(-1, 1)
FILES = [("goal.json", False), ("goal.yaml", False), ("goal.YML", False), ("goal.npy", False), ("goal.yaml", True)]


def gammas(kind):
    by_layer = st.lists(st.tuples(*[weights] * len(TERMS_OF[kind])), min_size=1, max_size=3)
    return st.tuples(st.just(kind), by_layer)


gammas_of_a_kind = st.sampled_from(sorted(TERMS_OF)).flatmap(gammas)


def to_the_bit(goals):
    return [[weight.hex() for weight in goal.gamma] for goal in goals]


def written(goals, name, hydra):
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_goals(path, goals, hydra=hydra)
        return path.read_bytes()


def read(content, name, *network):
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_goals(path, *network)


@pytest.mark.parametrize(("name", "hydra"), FILES)
@given(gammas_of_a_kind)
@settings(deadline=None)
def test_what_is_written_is_read_again_to_the_bit(name, hydra, of_a_kind):
    kind, goals = of_a_kind[0], tuple(map(Goal, of_a_kind[1]))

    content = written(goals, name, hydra)

    assert to_the_bit(read(content, name, kind, len(goals))) == to_the_bit(goals)
    assert to_the_bit(read(content, name)) == to_the_bit(goals)


@given(gammas_of_a_kind)
@settings(deadline=None)
def test_other_programs_read_the_same_numbers(of_a_kind):
    goals = tuple(map(Goal, of_a_kind[1]))

    from_json = json.loads(written(goals, "goal.json", False))
    from_yaml = yaml.safe_load(written(goals, "goal.yaml", False))  # YAML 1.1, where 1e-05 is text
    from_hydra = yaml.safe_load(written(goals, "goal.yaml", True))["layer_params"]
    from_npy = np.load(io.BytesIO(written(goals, "goal.npy", False)), allow_pickle=False)

    for by_term in (from_json, from_yaml):
        by_layer = by_term if isinstance(by_term, list) else [by_term]
        assert [list(goal) for goal in by_layer] == [list(goal.terms) for goal in goals]
        assert [[weight.hex() for weight in goal.values()] for goal in by_layer] == to_the_bit(goals)
    assert list(from_hydra) == [f"hidden_layer{number}" for number in range(1, len(goals) + 1)]
    assert [[weight.hex() for weight in layer["gamma"]] for layer in from_hydra.values()] == to_the_bit(goals)
    assert from_npy.dtype == np.float64
    assert [[float(w).hex() for w in row] for row in np.atleast_2d(from_npy)] == to_the_bit(goals)


@given(st.tuples(*[weights] * 19), st.sampled_from(["{!r}", "{:.17e}", "{:.17g}", "{:.20f}", "{:+.17E}", "{:.400f}"]))
@example((SMALLEST,) * 19, "{!r}")
@settings(deadline=None)
def test_numbers_are_read_exactly_however_they_are_written(gamma, notation):
    numbers = [notation.format(weight) for weight in gamma]
    meant = [float(number).hex() for number in numbers]
    listed = "\n".join(f"      - {number}    # a comment" for number in numbers)

    as_yaml = read("\n".join(f"- {number}" for number in numbers).encode(), "goal.yaml")
    as_hydra = read(f"layer_params:\n  hidden_layer1:\n    gamma:\n{listed}\n".encode(), "goal.yaml")
    as_json = read(f"[{', '.join(number.removeprefix('+') for number in numbers)}]".encode(), "goal.json")

    assert to_the_bit(as_yaml) == to_the_bit(as_hydra) == to_the_bit(as_json) == [meant]


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4", "<f2", "<i1", "<i8", "u1", "<u8"])
@given(st.lists(st.floats(-1, 1, width=16), min_size=19, max_size=19), st.sampled_from("CF"), st.integers(1, 3))
@settings(deadline=None, max_examples=30)
def test_every_type_of_number_is_read_exactly(dtype, gamma, order, n_layers):
    wide = np.array([gamma] * n_layers)
    array = np.asarray(np.abs(np.trunc(wide)) if np.dtype(dtype).kind in "iu" else wide, dtype=dtype, order=order)
    file = io.BytesIO()
    np.save(file, array)

    goals = read(file.getvalue(), "goal.npy", "trivariate", n_layers)

    assert to_the_bit(goals) == [[float(weight).hex() for weight in row] for row in array]
    assert all(math.copysign(1, w) == math.copysign(1, v) for w, v in zip(goals[0].gamma, array[0], strict=True))
