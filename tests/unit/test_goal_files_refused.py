"""Goal files: what is said of one that is wrong, always with its name."""

import io
import json
import pickle

import numpy as np
import pytest

from model.errors import GoalFileError
from model.goal import BIVARIATE_TERMS, TERMS, Goal
from model.goal_files import read_goals
from tests.unit.written_goals import hydra, listed, npy

TPE = Goal.preset("optimized_1_100_tpe")
HEURISTIC = Goal.preset("heuristic")
BIVARIATE = Goal((-0.5, 0.0, 1.0, 0.0, 0.25))


def refusal(path, kind="trivariate", n_layers=1):
    with pytest.raises(GoalFileError) as refused:
        read_goals(path, kind, n_layers)
    message = str(refused.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_what_is_neither_a_preset_nor_a_file_is_named_with_the_presets():
    assert "'none' is neither a file nor a preset; trivariate presets are heuristic, " in refusal("none")
    assert "bivariate_lateral presets are heuristic, optimized_1_100, optimized_2_100" in refusal(
        "optimized_1_100_tpe", "bivariate_lateral"
    )
    assert refusal("optimized_1_100").endswith(
        "'optimized_1_100' is a bivariate_context and a bivariate_lateral preset"
    )


@pytest.mark.parametrize("nothing", ["", "."])
def test_no_name_is_neither_a_preset_nor_a_file(nothing):
    assert refusal(nothing).startswith(f"{nothing!r} is neither a file nor a preset; trivariate presets are heuristic")


def test_an_absent_file_and_a_directory_are_named(tmp_path):
    (tmp_path / "folder.json").mkdir()

    assert "is neither a file nor a preset" in refusal(tmp_path / "none.json")
    assert "folder.json cannot be read: Is a directory" in refusal(tmp_path / "folder.json")


def test_a_name_that_says_no_format_is_refused_with_those_there_are(file):
    assert "expected a name that ends in .json, .yaml, .yml, .npy" in refusal(file("goal.txt", json.dumps(TPE.gamma)))


@pytest.mark.parametrize("name", ["goal.json", "goal.yaml", "goal.npy"])
@pytest.mark.parametrize(("kind", "n_weights"), [("trivariate", 18), ("trivariate", 5), ("bivariate_context", 19)])
def test_another_number_of_weights_is_refused_with_the_order(file, name, kind, n_weights):
    content = npy([0.5] * n_weights) if name == "goal.npy" else json.dumps([0.5] * n_weights)
    terms = TERMS if kind == "trivariate" else BIVARIATE_TERMS

    message = refusal(file(name, content), kind)

    assert f"has {len(terms)} weights in the order {', '.join(terms)}; got {n_weights}" in message


def test_another_number_of_weights_in_a_hydra_file_is_refused_with_the_order(file):
    message = refusal(file("goal.yaml", hydra(listed(BIVARIATE.gamma))))

    assert f"has 19 weights in the order {', '.join(TERMS)}; got 5" in message


@pytest.mark.parametrize("n_layers", [1, 3])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("goals.json", json.dumps(["heuristic", [0] * 19])),
        ("goals.yaml", hydra(listed(TPE.gamma), listed(HEURISTIC.gamma))),
        ("goals.npy", npy([TPE.gamma, HEURISTIC.gamma])),
    ],
    ids=["json", "hydra", "npy"],
)
def test_more_or_fewer_goals_than_layers_are_refused(file, name, content, n_layers):
    message = refusal(file(name, content), n_layers=n_layers)

    assert f"expected one goal for all hidden layers, or {n_layers}, one for each; got 2" in message


@pytest.mark.parametrize(
    ("written", "got"),
    [
        ("1.5", "1.5"),
        ("-1.0000001", "-1.0000001"),
        ("NaN", "nan"),
        ("Infinity", "inf"),
        ("1e400", "inf"),
        ("9" * 400, "inf"),
    ],
)
def test_a_weight_out_of_range_is_refused_by_its_term(file, written, got):
    in_yaml = {"NaN": ".nan", "Infinity": ".inf"}.get(written, written)
    said = f"the weight of {{C}} must be a number in [-1, 1]; got {got}"

    assert said in refusal(file("goal.json", f'{{"{{C}}": {written}}}'))
    assert said in refusal(file("goal.yaml", f"'{{C}}': {in_yaml}"))
    assert said in refusal(file("goal.yaml", hydra(f" [{'0, ' * 8}{in_yaml}{', 0' * 10}]")))


@pytest.mark.parametrize("weight", [np.nan, np.inf, 1.5])
def test_a_weight_out_of_range_in_an_array_is_refused_by_its_term(file, weight):
    message = refusal(file("goal.npy", npy([0.0] * 18 + [weight])))

    assert f"the weight of H_res must be a number in [-1, 1]; got {weight}" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1, 2", "not JSON"),
        ("null", "a list of 19 numbers"),
        ("0.5", "a list of 19 numbers"),
        ("[]", "has 19 weights"),
        ("{}", "it names no term"),
        ('[{}, {"{F}": 1}]', "it names no term"),
        ('{"number": 3, "goal": {}}', "it names no term"),
        ('{"number": 3, "goal": null}', "a list of 19 numbers"),
        ('{"{R}": 1}', "unknown terms ['{R}']; expected some of ['{F}{C}{L}'"),
        ('{"{1}": 1}', "unknown terms ['{1}']; expected some of ['{F}{C}{L}'"),
        ('{"{F}": "1"}', "an object of terms and numbers"),
        ('{"{F}": true}', "an object of terms and numbers"),
        ('"none"', "no preset goal is called 'none'"),
        ('{"{F}": 1, "{L}": 0, "{F}": 0.5}', "'{F}' stands there twice"),
        ('[{"{F}": 1, "{F}": 1}]', "'{F}' stands there twice"),
        ("[" * 100_000, "it is nested too deeply"),
        ("[[" + "[" * 50 + "]" * 50 + "]]", "a list of 19 numbers"),
        (b"\xff\xfe{}", "'utf-8' codec can't decode byte 0xff in position 0"),
        (b'{"\xe9": 1}', "'utf-8' codec can't decode"),
    ],
)
def test_bad_json_is_refused_with_what_was_expected(file, content, said):
    assert said in refusal(file("goal.json", content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty"),
        ("# @package _global_\n", "it is empty"),
        ("[1, 2", "not YAML: "),
        ("'{F}': [1", "not YAML: "),
        ("a: b: c", "not YAML: mapping values are not allowed here in line 1"),
        ("{F}: 1", "the key in line 1 is not text; a term is written in quotes"),
        ("? [1, 2]\n: 3", "the key in line 1 is not text"),
        ("'{R}': 1", "unknown terms ['{R}']; expected some of ['{F}{C}{L}'"),
        ("1: 0.5\nH_res: 0", "unknown terms ['1']"),
        ("'{F}': true", "an object of terms and numbers"),
        ("'{F}': '1'", "an object of terms and numbers"),
        ("'{F}': 0.5\n'{L}': 1\n'{F}': 0.5", "'{F}' stands there twice, again in line 3"),
        ("- 1\n--- \n- 2", "not YAML: but found another document in line 2"),
        (
            "!!python/object/apply:os.system ['true']",
            "the tag tag:yaml.org,2002:python/object/apply:os.system in line 1",
        ),
        ("'{F}': !!float '1'", "the tag tag:yaml.org,2002:float in line 1"),
        ("'{F}': &one 1\n'{L}': *one", "line 1 is used by an alias"),
        ("&a [*a]", "line 1 is used by an alias"),
        ("'{F}': *none", "not YAML: found undefined alias 'none' in line 1"),
        ("one: &one {'{F}': 1}\ngoal:\n  <<: *one", "line 1 is used by an alias"),
        ("'{F}': 0.5\x01", "not YAML: unacceptable character"),
        ("[" * 100_000, "it is nested too deeply"),
        ("- " * 100_000, "it is nested too deeply"),
        (b"\xff\xfe-\x00 \x001\x00", "'utf-8' codec can't decode byte 0xff in position 0"),
        (b"\xe9: 1", "'utf-8' codec can't decode"),
    ],
)
def test_bad_yaml_is_refused_with_what_was_expected(file, content, said):
    assert said in refusal(file("goal.yaml", content))


def test_aliases_of_aliases_are_not_expanded(file):
    bomb = "a0: &a0 [1, 1]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
    merged = "a0: &a0 {x: 1}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 30)
    )

    assert "is used by an alias" in refusal(file("goal.yaml", bomb + "goal: *a29\n"))
    assert "is used by an alias" in refusal(file("goal.yaml", merged + "goal: *a29\n"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("layer_params: 3", "expected hidden_layer1 in layer_params; got none"),
        ("layer_params: {output_layer: {}}", "expected hidden_layer1 in layer_params; got none"),
        (
            f"layer_params: {{hidden_layer2: {{gamma: {[0] * 19}}}}}",
            "expected hidden_layer1 in layer_params; got ['hidden_layer2']",
        ),
        (
            f"layer_params: {{hidden_layer1: {{gamma: {[0] * 19}}}, hidden_layer3: {{gamma: {[0] * 19}}}}}",
            "expected hidden_layer1, hidden_layer2 in layer_params; got ['hidden_layer1', 'hidden_layer3']",
        ),
        (f"layer_params: {{hidden_layer: {{gamma: {[0] * 19}}}}}", "got ['hidden_layer']"),
        ("layer_params: {hidden_layer1: {}}", "expected the gamma of hidden_layer1 to be a list of numbers"),
        ("layer_params: {hidden_layer1: 3}", "expected the gamma of hidden_layer1 to be a list of numbers"),
        (hydra(" ???"), "expected the gamma of hidden_layer1 to be a list of numbers"),
        (hydra(" ${none}"), "or ${name} of a list at the top of the file"),
        (hydra(" ${a.b}", top="a: {b: [1]}"), "or ${name} of a list at the top of the file"),
        (hydra(" ${a}", top="a: ${a}"), "or ${name} of a list at the top of the file"),
        (hydra(f" [{', '.join(['${g}'] * 19)}]".replace("${g}", "'${g.f}'")), "to be a list of numbers"),
        (hydra(f" {[[0] * 19] * 3}"), "neurons have one goal, none for each source"),
    ],
)
def test_a_hydra_file_without_a_goal_of_ours_is_refused(file, content, said):
    assert said in refusal(file("goal.yaml", content))


def test_what_is_said_of_a_file_is_short_whatever_is_in_it(file):
    many = file("goal.json", json.dumps({f"term {number}": 1.0 for number in range(100_000)}))
    odd = file("goal.yaml", 'layer_params: {"hidden_layer\\nx": {}}')

    assert len(refusal(many)) < 2000
    assert "got ['hidden_layer\\nx']" in refusal(odd)


def test_a_hydra_file_with_a_goal_for_each_source_is_refused_with_the_reason(file):
    sources = ("gamma_feedforward", "gamma_feedback", "gamma_lateral")
    references = "".join(f"\n      - ${{{source}}}" for source in sources)
    goals = "".join(f"\n{source}:{listed(HEURISTIC.gamma, 2)}\n" for source in sources)

    message = refusal(file("goal.yaml", hydra(references, listed(HEURISTIC.gamma), top=goals)), n_layers=2)

    assert "the gamma of hidden_layer1" in message
    assert "neurons have one goal, none for each source" in message


class Opened:
    """What unpickling would do: make a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def header(shape, dtype="<f8"):
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": dtype, "fortran_order": False, "shape": shape})
    return content.getvalue()


def npz():
    content = io.BytesIO()
    np.savez(content, goal=TPE.gamma)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a .npy array"),
        (b"\x93NUMPY", "not a .npy array"),
        (npy(TPE.gamma)[:-1], "not a .npy array"),
        (npy(TPE.gamma) + b"\0", "longer than its header says"),
        (header((10**15,)), "not a .npy array"),
        (header((10**9,)), "not a .npy array"),
        (header((10**30,)), "not a .npy array"),
        (header((-19,)), "not a .npy array"),
        (npy(TPE.gamma).replace(b"'descr'", b"__(((("), "not a .npy array"),
        (npz(), "not a .npy array"),
        (npy(0.5), "expected float64 of the shape (term,) or (layer, term); got float64 of the shape ()"),
        (npy([[TPE.gamma]]), "got float64 of the shape (1, 1, 19)"),
        (npy([True] * 19), "got bool of the shape (19,)"),
        (npy(np.array(TPE.gamma, complex)), "got complex128"),
        (npy(["0.5"] * 19), "got <U3"),
        (npy(np.zeros(19, "m8[s]")), "got timedelta64[s]"),
        (npy(np.zeros((0, 19))), "has 19 weights"),
        (npy(np.zeros((2, 0))), "has 19 weights"),
        (npy([2**53 + 1] * 19), "must be a number in [-1, 1]"),
    ],
)
def test_a_bad_array_is_refused_with_what_was_expected(file, content, said):
    assert said in refusal(file("goal.npy", content))


@pytest.mark.parametrize("form", [pickle.dumps, lambda value: npy([value] * 19, allow_pickle=True)])
def test_nothing_is_unpickled(file, tmp_path, form):
    path = file("goal.npy", form(Opened(tmp_path / "opened")))

    assert "not a .npy array" in refusal(path)
    assert not (tmp_path / "opened").exists()


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="no type of number here has more digits")
@pytest.mark.parametrize("written", ["0.1", "1e-400"])
def test_a_number_with_more_digits_than_ours_is_refused(file, written):
    path = file("goal.npy", npy(np.full(19, np.longdouble(written))))

    assert "weights that are no float64" in refusal(path)
    assert read_goals(file("exact.npy", npy(np.full(19, np.longdouble("0.5"))))) == (Goal((0.5,) * 19),)


@pytest.mark.parametrize("name", ["goal.json", "goal.yaml", "goal.npy"])
def test_a_huge_file_is_refused_without_being_read_whole(tmp_path, name):
    path = tmp_path / name
    with path.open("wb") as sparse:
        sparse.truncate(2**40)

    assert "it is larger than 4194304 bytes" in refusal(path)
