"""Importances over HTTP, of trials that went through real leases."""

from contextlib import closing

import optuna
import pytest
from optuna.distributions import FloatDistribution

from service.importances import answers
from service.importances.evaluation import METHODS
from service.storage.store import Store
from tests.conftest import database, serving, settings_for
from tests.integration.driving import SEARCHED, SPACE, fail, make, take
from tests.integration.searched_studies import (
    FACTORS,
    INERT,
    SIX,
    calculators,
    design,
    importances,
    search,
    searched,
    told,
)
from tests.patience import eventually

FEWEST = 10 * len(SEARCHED)
"""Trials that importances of three searched weights need."""

ONE = {**SPACE, "{F}{C}": 0.0, "H_res": 0.0}


@pytest.fixture(scope="module")
def service(migrated_template, postgres_server, tmp_path_factory):
    """A service with a Sobol study of 128 trials, which no test changes."""
    data_dir = tmp_path_factory.mktemp("data")
    with database(postgres_server, "importances", migrated_template) as url, closing(Store.open(url)) as store:
        searched(store, data_dir, 128)
        with serving(settings_for(url, data_dir)) as client:
            yield client


def three(store, data_dir, how_many=FEWEST, **changes):
    """A study of three searched weights, by default a Sobol study."""
    return told(store, data_dir, how_many, **changes)


@pytest.fixture
def own_calculators():
    """What finds the processes that calculate for the test's own service."""
    others = calculators()
    return lambda: calculators() - others


@pytest.mark.parametrize("method", METHODS)
def test_every_method_recovers_which_weights_matter_in_which_order(service, method):
    found = importances(service, method=method).json()

    by_rank = {weight["rank"]: weight["name"] for weight in found["weights"]}
    shares = {weight["name"]: weight["importance"] for weight in found["weights"]}
    assert [by_rank[rank] for rank in (1, 2, 3)] == list(FACTORS)
    assert max(shares[term] for term in INERT) < 0.05
    assert sum(shares.values()) == pytest.approx(1)


def test_the_answer_says_what_it_is_and_where_it_comes_from(service):
    found = importances(service, method="fanova").json()

    assert (found["status"], found["study"], found["method"]) == ("ready", "study", "fanova")
    assert found["evaluator"] == "optuna.importance.FanovaImportanceEvaluator"
    assert found["version"] == optuna.__version__
    assert found["trials"] == "all"
    nothing = {"failed": 0, "pruned": 0, "unusable": 0}
    assert found["source"] == {"study": "study", "sampler": "sobol", "n_trials": 128, "left_out": nothing}
    assert "over 4 forests of 16 trees" in found["spread"]
    assert found["warnings"] == []


def test_searched_weights_are_answered_in_the_published_order_and_fixed_ones_apart(service):
    found = importances(service).json()

    assert [weight["name"] for weight in found["weights"]] == [term for term in SIX if isinstance(SIX[term], dict)]
    assert found["fixed"] == [term for term in SIX if not isinstance(SIX[term], dict)]


def test_another_service_answers_the_same_numbers(api, store, tmp_path, settings):
    three(store, tmp_path)
    first = importances(api).json()

    with serving(settings) as another:
        assert importances(another).json() == first


@pytest.mark.parametrize("sampler", ["tpe", {"type": "cmaes", "population_size": 10}])
def test_an_optimisers_own_trials_come_with_a_warning_that_says_what_to_do(api, store, tmp_path, sampler):
    three(store, tmp_path, sampler=sampler)

    (warning,) = importances(api).json()["warnings"]

    assert "close to noise" in warning
    assert 'POST /v1/studies/study/analyses {"kind": "design"}' in warning


def test_a_list_of_goals_comes_with_a_warning(api, store, tmp_path):
    three(store, tmp_path, sampler="enqueued", n_trials=1, initial_goals=[{"{F}{C}": 0.5}])

    (warning,) = importances(api).json()["warnings"]

    assert "a list of goals" in warning


def test_too_few_trials_are_refused_with_the_number_that_is_needed(api, store, tmp_path):
    three(store, tmp_path, FEWEST - 1)

    refused = importances(api)

    assert refused.status_code == 409
    assert "need at least 30 complete trials" in refused.json()["detail"]
    assert "has 29" in refused.json()["detail"]


def test_the_trial_that_was_missing_is_enough(api, store, tmp_path):
    three(store, tmp_path, FEWEST - 1)
    importances(api)
    search(store, 1)

    assert importances(api).status_code == 200


def test_failed_trials_are_left_out_and_counted_but_not_the_attempts_that_were_tried_again(api, store, tmp_path):
    three(store, tmp_path, FEWEST)
    fail(store, take(store))
    study = store.optuna_study("study")
    study.add_trial(optuna.create_trial(state=optuna.trial.TrialState.PRUNED, value=0.1))
    retried = study.ask()
    study.tell(retried, state=optuna.trial.TrialState.FAIL)
    study.add_trial(
        optuna.create_trial(state=optuna.trial.TrialState.FAIL, user_attrs={"retry_of": retried.number, "attempt": 2})
    )

    found = importances(api).json()

    assert found["source"]["n_trials"] == FEWEST
    assert found["source"]["left_out"] == {"failed": 2, "pruned": 1, "unusable": 0}
    assert ["pruned" in warning for warning in found["warnings"]] == [True]


def test_what_a_notebook_told_without_a_whole_goal_or_a_value_is_left_out(api, store, tmp_path):
    three(store, tmp_path, FEWEST)
    study = store.optuna_study("study")
    space = {term: FloatDistribution(-9, 9) for term in SEARCHED}
    whole = dict.fromkeys(SEARCHED, 0.5)
    for params, value in (
        ({"{F}{C}": 0.5}, 0.7),
        ({**whole, "H_res": 5.0}, 0.7),
        (whole, float("inf")),
        ({}, 0.7),
    ):
        given = {name: space[name] for name in params}
        study.add_trial(optuna.create_trial(params=params, distributions=given, value=value))

    assert importances(api).json()["source"] == {
        "study": "study",
        "sampler": "sobol",
        "n_trials": FEWEST,
        "left_out": {"failed": 0, "pruned": 0, "unusable": 4},
    }


def test_a_study_without_a_design_says_how_to_make_one(api, store, tmp_path):
    three(store, tmp_path, sampler="tpe")

    refused = importances(api, trials="design")

    assert refused.status_code == 409
    assert 'POST /v1/studies/study/analyses {"kind": "design"}' in refused.json()["detail"]


def test_a_design_is_used_where_it_is_asked_for_the_one_with_the_most_trials(api, store, tmp_path):
    three(store, tmp_path, 40, sampler="tpe")
    for name, how_many in (("small", 30), ("large", 32), ("empty", 0)):
        design(store, tmp_path, "study", how_many, name)

    found = importances(api, trials="design").json()

    assert (found["study"], found["trials"], found["source"]["study"]) == ("study", "design", "large")
    assert (found["source"]["sampler"], found["source"]["n_trials"], found["warnings"]) == ("sobol", 32, [])


def test_of_designs_with_as_many_trials_the_newest_is_used(api, store, tmp_path):
    three(store, tmp_path, 0, sampler="tpe")
    for name in ("first", "second"):
        design(store, tmp_path, "study", FEWEST, name)

    assert importances(api, trials="design").json()["source"]["study"] == "second"


def test_a_sobol_study_is_a_design_itself(service):
    assert importances(service, trials="design").json()["source"]["study"] == "study"


def test_a_design_that_has_too_few_trials_yet_is_refused(api, store, tmp_path):
    three(store, tmp_path, sampler="tpe")
    design(store, tmp_path, "study", 3, "begun")

    refused = importances(api, trials="design")

    assert (refused.status_code, "study 'begun' has 3" in refused.json()["detail"]) == (409, True)


def test_trials_that_all_came_to_the_same_are_a_conflict_in_words(api, store, tmp_path):
    make(store, tmp_path, n_trials=20, sampler="sobol", search_space=ONE)
    search(store, 20, lambda _goal: 0.5)

    refused = importances(api)

    assert (refused.status_code, "the same validation accuracy" in refused.json()["detail"]) == (409, True)


def test_a_study_that_searches_no_weight_is_a_conflict_in_words(api, store, tmp_path):
    make(store, tmp_path, search_space=dict.fromkeys(SIX, 0.5))

    refused = importances(api)

    assert (refused.status_code, "searches no weight" in refused.json()["detail"]) == (409, True)


def test_a_single_searched_weight_has_all_importance_and_a_warning(api, store, tmp_path):
    three(store, tmp_path, 20, search_space=ONE)

    found = importances(api).json()

    assert [(weight["name"], weight["importance"]) for weight in found["weights"]] == [("{FCL}", 1.0)]
    assert ["only one weight" in warning for warning in found["warnings"]] == [True]


def test_an_unknown_study_is_not_found(api):
    assert importances(api, "nowhere").status_code == 404


@pytest.mark.parametrize(("field", "value"), [("method", "shap"), ("trials", "best")])
def test_what_is_not_one_of_the_choices_is_refused_with_them(service, field, value):
    refused = importances(service, **{field: value})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
    assert "'mdi'" in refused.text or "'design'" in refused.text


def test_a_second_answer_is_not_calculated_again(api, store, tmp_path, own_calculators):
    three(store, tmp_path)
    first = importances(api).json()
    (process,) = own_calculators()
    process.kill()
    process.wait()

    second = api.get("/v1/studies/study/importances")

    assert (second.status_code, second.json()) == (200, first)
    assert not own_calculators()


def test_another_finished_trial_is_in_the_next_answer(api, store, tmp_path):
    three(store, tmp_path)
    first = importances(api).json()
    search(store, 1)

    second = importances(api).json()

    assert (first["source"]["n_trials"], second["source"]["n_trials"]) == (FEWEST, FEWEST + 1)
    assert first["weights"] != second["weights"]


def test_what_takes_longer_is_answered_with_its_status_and_later_whole(api, store, tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 0)
    three(store, tmp_path)

    status = api.get("/v1/studies/study/importances", params={"method": "fanova"})

    assert (status.status_code, status.headers["retry-after"]) == (202, "2")
    assert (status.json()["status"], status.json()["source"]["n_trials"]) == ("computing", FEWEST)
    assert importances(api, method="fanova").json()["status"] == "ready"


def test_until_more_trials_are_calculated_the_answer_is_that_of_fewer_and_says_so(api, store, tmp_path, monkeypatch):
    three(store, tmp_path)
    first = importances(api, method="fanova").json()
    search(store, 1)
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 0)

    meanwhile = api.get("/v1/studies/study/importances", params={"method": "fanova"}).json()

    assert meanwhile["weights"] == first["weights"]
    assert [f"of the first {FEWEST} of them" in warning for warning in meanwhile["warnings"]] == [True]
    eventually(lambda: importances(api, method="fanova").json()["source"]["n_trials"] == FEWEST + 1)


def test_a_killed_process_is_replaced_in_the_middle_of_a_calculation(
    api, store, tmp_path, monkeypatch, own_calculators
):
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 0)
    three(store, tmp_path)
    api.get("/v1/studies/study/importances")
    (process,) = eventually(own_calculators)

    process.kill()

    assert importances(api).status_code == 200
    assert own_calculators() != {process}


def test_the_process_ends_with_the_service(settings, store, tmp_path, own_calculators):
    three(store, tmp_path)
    with serving(settings) as client:
        importances(client)
        (process,) = own_calculators()

    assert not process.is_running()
