"""Goals: the published vectors, what a document may be, and what is said of one that is wrong."""

import hashlib
import json
import math

import pytest

from model.goal import BIVARIATE_TERMS, TERMS, Goal, goals_of_layers, parse_goals, presets

PUBLISHED = "f483c89333123c9b8655d593665feac308288fceaae395c9bb2c3bd44bde23d3"
"""sha256 of the vectors that the paper's authors published, as JSON with sorted keys."""


def test_presets_are_the_published_vectors_to_the_last_digit():
    document = json.dumps(
        {kind: {name: list(gamma) for name, gamma in goals.items()} for kind, goals in presets().items()},
        sort_keys=True,
    )

    assert hashlib.sha256(document.encode()).hexdigest() == PUBLISHED


def test_the_order_of_the_terms_is_the_one_of_every_format():
    assert " ".join(TERMS) == (
        "{F}{C}{L} {F}{C} {F}{L} {C}{L} {F}{CL} {C}{FL} {L}{FC} {F} {C} {L} "
        "{FC}{FL}{CL} {FC}{FL} {FC}{CL} {FL}{CL} {FC} {FL} {CL} {FCL} H_res"
    )
    assert " ".join(BIVARIATE_TERMS) == "{1} {2} {1}{2} {12} H_res"


def test_every_preset_is_a_goal_of_its_kind():
    for kind, published in presets().items():
        assert all(Goal.preset(name, kind).gamma == gamma for name, gamma in published.items())
        assert {len(gamma) for gamma in published.values()} == {19 if kind == "trivariate" else 5}


def test_named_weights_take_their_place_and_the_others_are_zero():
    goal = Goal.of({"H_res": -0.5, "{F}{C}": 1})

    assert goal.gamma == (0.0, 1.0, *[0.0] * 16, -0.5)


@pytest.mark.parametrize(
    "document",
    [
        "heuristic",
        [0, 1, *[0] * 17],
        (0.0, 1.0, *[0.0] * 17),
        {"{F}{C}": 1.0},
        {"{F}{C}": 1, "{L}": 0},
    ],
    ids=["preset", "list", "tuple", "object", "object of integers"],
)
def test_a_goal_may_be_written_in_several_ways(document):
    assert Goal.parse(document) == Goal((0.0, 1.0, *[0.0] * 17))


def test_a_goal_survives_the_round_trip_through_json():
    goal = Goal.preset("optimized_1_100_tpe")

    assert Goal.parse(json.loads(json.dumps(goal.as_dict()))) == goal
    assert list(goal.as_dict()) == list(TERMS)


def test_weights_are_floats_whatever_numbers_they_came_as():
    assert all(type(weight) is float for weight in Goal.parse([1] * 19).gamma)


@pytest.mark.parametrize("weight", [1.0, -1.0])
def test_the_ends_of_the_range_are_weights(weight):
    assert Goal((weight,) * 19).gamma == (weight,) * 19


@pytest.mark.parametrize("weight", [1.0000001, -1.5, math.nan, math.inf, -math.inf, 10**400])
def test_a_weight_out_of_range_is_refused_by_name(weight):
    with pytest.raises(ValueError, match=r"weight of \{F\}\{L\} must be a number in \[-1, 1\]"):
        Goal.parse([0, 0, weight, *[0] * 16])


def test_a_named_weight_out_of_range_is_refused_by_name():
    with pytest.raises(ValueError, match=r"weight of H_res must be a number in \[-1, 1\]; got 2"):
        Goal.parse({"H_res": 2})


@pytest.mark.parametrize("length", [0, 5, 18, 20])
def test_a_list_of_another_length_is_refused_with_the_order(length):
    with pytest.raises(ValueError, match=r"19 weights in the order \{F\}\{C\}\{L\}, .*, H_res; got " + str(length)):
        Goal.parse([0.0] * length)


def test_an_unknown_term_is_refused_with_the_valid_ones():
    with pytest.raises(ValueError, match=r"unknown terms \['\{R\}'\]; expected some of .*'\{F\}\{C\}\{L\}'.*'H_res'"):
        Goal.parse({"{R}": 1.0})


def test_an_unknown_preset_is_refused_with_the_valid_ones():
    with pytest.raises(ValueError, match=r"'optimised'; there are .*'heuristic'.*'optimized_1_100_tpe'"):
        Goal.parse("optimised")


@pytest.mark.parametrize(
    "document",
    [None, 1.0, True, ["0"] * 19, [None] * 19, [True] * 19, {"{F}": "1"}, {"{F}": None}, {"{F}": False}, [[0.0] * 19]],
    ids=repr,
)
def test_anything_else_is_refused_with_what_a_goal_may_be(document):
    with pytest.raises(ValueError, match="name of a preset, a list of 19 numbers, or an object of terms and numbers"):
        Goal.parse(document)


def test_a_bivariate_goal_may_be_written_in_the_same_ways():
    goal = Goal((-0.5, 0.0, 1.0, 0.0, 0.25))

    assert Goal.parse([-0.5, 0, 1, 0, 0.25], "bivariate_context") == goal
    assert Goal.parse({"{1}": -0.5, "{1}{2}": 1, "H_res": 0.25}, "bivariate_lateral") == goal
    assert list(goal.as_dict()) == list(BIVARIATE_TERMS)


def test_a_trivariate_goal_is_none_of_a_bivariate_neuron():
    with pytest.raises(ValueError, match=r"bivariate, with context has 5 weights in the order .*; got 19"):
        Goal.parse([0] * 19, "bivariate_context")
    with pytest.raises(ValueError, match=r"unknown terms .*\{F\}.*; expected some of .*\{12\}"):
        Goal.parse({"{F}": 1}, "bivariate_context")


def test_one_goal_is_that_of_every_layer():
    goal = Goal.preset("heuristic")

    assert parse_goals("heuristic", "trivariate", 3) == (goal,) * 3
    assert parse_goals(["heuristic"], "trivariate", 3) == (goal,) * 3
    assert goals_of_layers(goal, "trivariate", 2) == (goal,) * 2


def test_a_list_of_goals_has_one_for_each_layer():
    goals = parse_goals(["heuristic", [0] * 19, {"{L}": 0.5}], "trivariate", 3)

    assert goals == (Goal.preset("heuristic"), Goal((0.0,) * 19), Goal.of({"{L}": 0.5}))


@pytest.mark.parametrize("layers", [1, 3])
def test_a_list_of_more_or_fewer_goals_than_layers_is_refused(layers):
    with pytest.raises(ValueError, match=f"one goal for all hidden layers, or {layers}, one for each; got 2"):
        parse_goals(["heuristic"] * 2, "trivariate", layers)


def test_of_several_goals_for_layers_without_any_it_is_said_that_none_is_expected():
    with pytest.raises(
        ValueError, match="no hidden layer learns by a goal: expected none, or one to leave alone; got 2"
    ):
        parse_goals(["heuristic"] * 2, "trivariate", 0)


def test_a_goal_among_several_that_is_none_is_named_by_its_layer():
    with pytest.raises(ValueError, match=r"hidden layer 2: a goal of neurons that are trivariate has 19 weights"):
        parse_goals(["heuristic", [0] * 7], "trivariate", 2)
