import re

import pytest
from pydantic import ValidationError

from model.config import NetworkConfig
from model.goal import BIVARIATE_TERMS, TERMS, Goal
from service.algorithms import CmaEs, Hyperband, Median, Patience, Tpe
from service.search.space import distributions, goals, parameters
from service.spec import WEIGHT_PATTERN, Range, StudySpec
from service.weights import weight_names


def spec(**changes):
    return StudySpec.model_validate({"name": "study", **changes})


def test_the_defaults_are_those_of_the_published_search():
    study = spec()

    assert study.sampler == Tpe(n_startup_trials=100, n_ei_candidates=100, multivariate=True, constant_liar=True)
    assert (study.dataset, study.n_trials, study.network.hidden_neurons, study.training.epochs) == (
        *("digits", 1000),
        *(100, 100),
    )
    assert study.search_space == dict.fromkeys(TERMS, Range(low=-1, high=1))


def test_cma_es_leaves_residual_entropy_out_as_published():
    study = spec(sampler="cmaes")

    assert study.search_space == {**dict.fromkeys(TERMS[:18], Range()), "H_res": 0.0}


def test_cma_es_searches_residual_entropy_when_asked():
    study = spec(sampler="cmaes", search_space={"H_res": {"low": -0.5}})

    assert study.search_space["H_res"] == Range(low=-0.5, high=1)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("tpe", Tpe()),
        ("cmaes", CmaEs(type="cmaes")),
        ({"type": "tpe", "multivariate": False}, Tpe(multivariate=False)),
        ({"type": "cmaes", "population_size": 6}, CmaEs(type="cmaes", population_size=6)),
    ],
)
def test_a_sampler_is_a_name_or_a_name_with_options(given, understood):
    assert spec(sampler=given).sampler == understood


def test_terms_are_searched_fixed_or_left_at_their_default_in_the_published_order():
    study = spec(search_space={"{L}": 0.5, "{F}": {"low": 0}})

    assert list(study.search_space) == list(TERMS)
    assert (study.search_space["{F}"], study.search_space["{L}"]) == (Range(low=0, high=1), 0.5)
    assert set(distributions(study)) == set(TERMS) - {"{L}"}


def test_a_spec_survives_being_stored():
    study = spec(sampler="cmaes", search_space={"{F}": 0.1}, initial_goals=[{"{F}": 0.1}], seed=3)

    assert StudySpec.model_validate(study.model_dump(mode="json")) == study
    assert StudySpec.model_validate_json(study.model_dump_json()) == study


def test_a_goal_goes_to_the_samplers_parameters_and_back():
    study = spec(search_space={"{F}": 0.5})
    wanted = Goal.of({"{F}": 0.5, "{C}": -0.25})

    there = parameters(study, (wanted,))

    assert there.keys() == set(TERMS) - {"{F}"}
    assert goals(study, there) == (wanted,)


DEEP = {"hidden_neurons": [6, 5, 4]}


def test_a_deep_network_shares_one_goal_of_19_weights():
    study = spec(network=DEEP, initial_goals=["heuristic"])
    goal = Goal.of({"{F}": 0.5})

    assert list(study.search_space) == list(TERMS)
    assert study.goals_to_try_first == [(Goal.preset("heuristic"),) * 3]
    assert goals(study, parameters(study, (goal,) * 3)) == (goal,) * 3


def test_each_layer_of_a_deep_network_may_have_a_goal_of_its_own():
    study = spec(network=DEEP, goal_per_layer=True)
    wanted = tuple(Goal.of({"{F}": weight}) for weight in (0.25, 0.5, -0.75))

    there = parameters(study, wanted)

    assert len(there) == len(distributions(study)) == 57
    assert [there[f"{layer}:{{F}}"] for layer in (1, 2, 3)] == [0.25, 0.5, -0.75]
    assert goals(study, there) == wanted


def test_a_goal_per_layer_names_the_layer_where_there_is_but_one():
    study = spec(goal_per_layer=True, search_space={"1:{F}": 0.5, "{C}": -1}, initial_goals=[{"{F}": 0.5, "{C}": -1}])

    assert list(study.search_space) == [f"1:{term}" for term in TERMS]
    (tried,) = study.goals_to_try_first
    assert goals(study, parameters(study, tried)) == tried == (Goal.of({"{F}": 0.5, "{C}": -1}),)


def test_a_term_stands_for_all_layers_and_a_layers_own_goes_before():
    study = spec(network=DEEP, goal_per_layer=True, search_space={"{F}": 0.5, "2:{F}": {"low": 0}, "3:H_res": -1})

    assert [study.search_space[f"{layer}:{{F}}"] for layer in (1, 2, 3)] == [0.5, Range(low=0), 0.5]
    assert study.search_space["3:H_res"] == -1
    assert StudySpec.model_validate(study.model_dump(mode="json")) == study


def test_with_cma_es_the_residual_entropy_of_every_layer_is_fixed():
    study = spec(network=DEEP, goal_per_layer=True, sampler="cmaes")

    assert len(distributions(study)) == 54
    assert {study.search_space[f"{layer}:H_res"] for layer in (1, 2, 3)} == {0.0}


@pytest.mark.parametrize("network", [{"context": []}, {"lateral_connections": 0}], ids=["lateral", "context"])
def test_bivariate_networks_have_five_weights(network):
    study = spec(network=network, initial_goals=["optimized_1_100"])

    assert list(distributions(study)) == list(BIVARIATE_TERMS)
    kind = study.network.kind
    assert study.goals_to_try_first == [(Goal.preset("optimized_1_100", kind),)]


@pytest.mark.parametrize(
    "network", [{"learning": "backpropagation"}, {"learning": "fixed"}, {"hidden_neurons": []}], ids=repr
)
def test_networks_without_goals_have_nothing_to_search(network):
    study = spec(network=network)

    assert study.search_space == {}
    assert goals(study, {}) == ()


def test_where_all_is_fixed_trials_repeat_one_goal():
    study = spec(search_space=dict.fromkeys(TERMS, 0.5))

    assert distributions(study) == {}
    assert goals(study, {}) == (Goal((0.5,) * 19),)


def test_parameters_that_are_no_searched_terms_are_passed_over():
    study = spec(search_space={"{F}": 0.5})

    found = goals(study, {**dict.fromkeys(TERMS, 0.0), "{F}": 0.75, "learning_rate": 3.0})

    assert found == (Goal.of({"{F}": 0.5}),)


def test_initial_goals_may_be_presets_lists_or_objects():
    weights = [0.0] * 18 + [1.0]

    study = spec(initial_goals=["heuristic", weights, {"{F}": -1}])

    first = [Goal.preset("heuristic"), Goal(tuple(weights)), Goal.of({"{F}": -1})]
    assert study.goals_to_try_first == [(goal,) for goal in first]


def test_initial_goals_at_the_ends_of_a_range_are_inside():
    space = {"{F}": {"low": -0.5, "high": 0.5}}

    assert len(spec(search_space=space, initial_goals=[{"{F}": -0.5}, {"{F}": 0.5}]).initial_goals) == 2


def test_what_is_wrong_with_an_initial_goal_is_said_of_each_by_its_position():
    network = {"hidden_neurons": [6, 4]}
    with pytest.raises(ValidationError) as refusal:
        spec(
            network=network,
            initial_goals=["heuristic", ["heuristic", {}], {"{F}": 1}],
            search_space={"{F}": {"high": 0.5}},
        )

    assert [error["loc"] for error in refusal.value.errors()] == [("initial_goals", 1), ("initial_goals", 2)]


@pytest.mark.parametrize("network", [DEEP, {"context": []}, {"hidden_neurons": [4] * 20}], ids=repr)
@pytest.mark.parametrize("goal_per_layer", [False, True])
def test_the_pattern_of_weights_has_all_of_them_and_nothing_else(network, goal_per_layer):
    names = weight_names(NetworkConfig.model_validate(network), goal_per_layer=goal_per_layer)

    assert [name for name in names if not re.fullmatch(WEIGHT_PATTERN, name)] == []
    others = ("{F}{F}", "{LCF}", "{C}{F}", "{1}{1}", "{21}", "0:{F}", "21:{F}", "1:", ":{F}", "{F} ", "H_res}", "")
    assert [name for name in others if re.search(WEIGHT_PATTERN, name)] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"search_space": {"{F}": {"low": 0.5, "high": 0.25}}}, "low must be less than high"),
        ({"search_space": {"{Q}": 0}}, r"unknown terms \['\{Q\}'\]"),
        ({"sampler": "cmaes", "search_space": dict.fromkeys(TERMS[1:], 0)}, "at least 2 to search"),
        ({"initial_goals": [{"{F}": 0.75}], "search_space": {"{F}": {"high": 0.5}}}, r"\{F\} is 0.75, outside"),
        ({"initial_goals": [{}], "search_space": {"{F}": 0.5}}, r"\{F\} is 0.0, but the search space fixes"),
        (
            {"sampler": "cmaes", "initial_goals": [{"H_res": 1}]},
            "H_res is 1.0, but the search space fixes it to 0",
        ),
        ({"initial_goals": ["heuristic"] * 2, "n_trials": 1}, "2 goals do not fit into 1 trials"),
        ({"name": "a\n"}, "a name has 1 to 100"),
        ({"trials": 5}, r"unknown fields \['trials'\]; valid are name, dataset"),
    ],
)
def test_a_spec_that_makes_no_sense_says_why(changes, message):
    with pytest.raises(ValidationError, match=message):
        spec(**changes)


def test_a_wrong_field_hides_no_error_of_another():
    with pytest.raises(ValidationError) as refusal:
        spec(n_trials=0, sampler="none", search_space={"{F}": 7}, initial_goals=["none"])

    assert {error["loc"][0] for error in refusal.value.errors()} == {
        *("n_trials", "sampler", "search_space", "initial_goals")
    }


def test_a_spec_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        spec().n_trials = 5


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        (None, None),
        ("median", Median(type="median")),
        ("hyperband", Hyperband(type="hyperband")),
        ({"type": "patience", "patience": 3}, Patience(type="patience", patience=3)),
    ],
)
def test_a_pruner_is_a_name_or_a_name_with_options_and_off_by_default(given, understood):
    assert spec(pruner=given).pruner == understood
    assert spec().pruner is None


def test_fixed_layers_have_no_information_that_would_be_too_much():
    whole = {"record": "neurons", "repeats": 100, "network": {"hidden_neurons": 1000, "learning": "fixed"}}

    assert spec(**whole).record == "neurons"


@pytest.mark.parametrize("goals", [[], ["heuristic"], ["heuristic"] * 3])
def test_the_sampler_enqueued_has_exactly_as_many_goals_as_trials(goals):
    document = {"name": "study", "sampler": "enqueued", "n_trials": 2, "initial_goals": goals}

    with pytest.raises(ValidationError, match=r"expected 2, got|do not fit into 2"):
        StudySpec.model_validate(document)


def test_a_worker_decides_how_many_trials_it_trains_unless_the_study_does():
    assert [spec().trials_per_worker, spec(trials_per_worker=12).trials_per_worker] == ["auto", 12]


def test_a_spec_from_before_fields_were_added_is_understood_as_with_their_defaults():
    stored = spec(sampler="cmaes").model_dump(mode="json")
    for later in ("repeats", "pruner", "trials_per_worker", "record", "goal_per_layer"):
        del stored[later]
    del stored["network"]["lateral_connections"]

    assert StudySpec.model_validate(stored) == spec(sampler="cmaes")
