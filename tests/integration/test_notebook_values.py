"""Values that no network has, which a notebook may tell all the same."""

import math

import pytest
from optuna.trial import create_trial

from service.search.space import distributions
from tests.integration.driving import complete, make, take

STUDY = "/v1/studies/study"


def tell(store, spec, value):
    space = distributions(spec)
    params = dict.fromkeys(space, 0.1)
    store.optuna_study(spec.name).add_trial(create_trial(params=params, distributions=space, value=value))


@pytest.fixture(params=[math.inf, -math.inf])
def study(store, tmp_path, request):
    spec = make(store, tmp_path, n_trials=1)
    complete(store, take(store), 0.5)
    tell(store, spec, request.param)


def test_the_best_trial_is_one_with_a_number(api, study):
    best = api.get(f"{STUDY}/best").json()

    assert (best["number"], best["validation_accuracy"]) == (0, 0.5)
    assert api.get(STUDY).json()["best_validation_accuracy"] == 0.5


@pytest.mark.parametrize("what", ["history", "parallel", "goal"])
def test_pictures_are_drawn_without_it(api, study, what):
    response = api.get(f"{STUDY}/plot.svg", params={"what": what})

    assert response.status_code == 200
    assert "<svg" in response.text


@pytest.mark.parametrize("kind", ["zeroing", "sensitivity", "confirmation"])
def test_analyses_start_from_one_with_a_number(api, study, kind):
    response = api.post(f"{STUDY}/analyses", json={"kind": kind, "seeds": 2})

    assert response.status_code == 201
    assert response.json()["baseline"]["of_trial"] == 0


def test_the_history_has_all_trials_also_those_that_notebooks_told(api, store, tmp_path):
    spec = make(store, tmp_path, n_trials=1, max_attempts=1)
    for value in (0.5, 0.6, 0.7):
        tell(store, spec, value)
    complete(store, take(store), 0.9)

    page = api.get(f"{STUDY}/plot.html", params={"what": "history"}).text

    assert "trial 3: 0.9000" in page
