from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from model.goal import TERMS
from service.runs import finish
from service.storage.leases import Outcome, Verdict
from tests.integration.analysed import GOAL, finish_run, searched, work
from tests.integration.driving import act, fail, take_many
from tests.integration.searched_studies import importances, told

COMPARISONS = "/v1/comparisons"
OTHER = {"{F}{C}": 0.5, "{FCL}": 0.25, "{F}{L}": -0.125}


@pytest.fixture
def studies(store, tmp_path):
    searched(store, tmp_path, "one")
    searched(store, tmp_path, "other", initial_goals=[OTHER])


def compare(api, *names, **query):
    return api.get(COMPARISONS, params={"study": names, **query})


def test_best_goals_are_compared_by_the_cosine_of_their_angle(api, studies):
    found = compare(api, "one", "other").json()

    cosine = pytest.approx((0.25 - 0.0625 - 0.015625) / (0.25 + 0.0625 + 0.015625))
    assert found["cosine_similarity"] == [[pytest.approx(1), cosine], [cosine, pytest.approx(1)]]
    assert {term: found["studies"][0]["weights"][term] for term in GOAL} == GOAL
    assert [study["chosen"] for study in found["studies"]] == ["single_trial", "single_trial"]


def test_ranks_agree_as_far_as_zeroing_costs_alike(api, store, studies):
    for name in ("one", "other"):
        api.post(f"/v1/studies/{name}/analyses", json={"kind": "zeroing", "seeds": 2}).raise_for_status()
    work(store)

    found = compare(api, "one", "other").json()

    assert [study["source"] for study in found["studies"]] == ["one.zeroing-1", "other.zeroing-1"]
    assert found["studies"][0]["importance"]["{F}{C}"] == pytest.approx(0.2)
    # Of the second goal, zeroing costs what it costs the first, but less for {FCL} and {F}{L}, which are further off
    # from it when they are not zero: they gain.
    assert found["studies"][1]["importance"]["{FCL}"] == pytest.approx(-0.04)
    assert found["rank_agreement"][0][0] == pytest.approx(1)
    assert -1 < found["rank_agreement"][0][1] < 1
    assert found["ranked"] == ["{F}{C}", "{F}{L}", "{FCL}"]
    assert found["studies"][0]["importance"]["H_res"] is None
    assert found["notes"] == [
        f"{name}.zeroing-1: 16 weights are zero already, which tells nothing of how much it matters"
        for name in ("one", "other")
    ]


def test_where_nothing_tells_what_matters_it_is_said(api, store, studies):
    api.post("/v1/studies/one/analyses", json={"kind": "zeroing", "seeds": 2}).raise_for_status()
    work(store)

    found = compare(api, "one", "other").json()

    assert found["rank_agreement"] == [[pytest.approx(1), None], [None, None]]
    assert found["studies"][1]["importance"] is None
    assert found["notes"][-1] == "other: no zeroing of all weights of its best goal tells anything"


def test_a_weight_whose_zeroing_failed_is_not_ranked_and_named(api, store, studies):
    for name in ("one", "other"):
        api.post(f"/v1/studies/{name}/analyses", json={"kind": "zeroing", "seeds": 2}).raise_for_status()
    for run in (*take_many(store, 10), *take_many(store, 10)):
        if run.spec.name == "one.zeroing-1" and run.goals[0].as_dict()["{FCL}"] == 0:
            fail(store, run)
        else:
            finish_run(store, run)

    found = compare(api, "one", "other").json()

    assert found["ranked"] == ["{F}{C}", "{F}{L}"]
    assert "one.zeroing-1: {FCL} is not known: failed when it was set to zero" in found["notes"]


def test_a_zeroing_whose_baseline_failed_tells_nothing_and_leaves_the_others_ranked(api, store, studies, tmp_path):
    searched(store, tmp_path, "third")
    for name in ("one", "other", "third"):
        api.post(f"/v1/studies/{name}/analyses", json={"kind": "zeroing", "seeds": 2}).raise_for_status()
    for run in (*take_many(store, 10), *take_many(store, 10), *take_many(store, 10)):
        if run.spec.name == "third.zeroing-1" and run.goals[0].as_dict() == {**dict.fromkeys(TERMS, 0.0), **GOAL}:
            fail(store, run)
        else:
            finish_run(store, run)

    found = compare(api, "one", "other", "third").json()

    assert found["ranked"] == ["{F}{C}", "{F}{L}", "{FCL}"]
    assert found["studies"][2]["importance"] is None
    assert found["rank_agreement"][0][0] == pytest.approx(1)
    assert found["rank_agreement"][2] == [None] * 3


def test_changes_that_may_be_luck_are_counted(api, store, studies):
    for name in ("one", "other"):
        api.post(f"/v1/studies/{name}/analyses", json={"kind": "zeroing", "seeds": 2}).raise_for_status()
    for run in (*take_many(store, 10), *take_many(store, 10)):
        one, two = (0.5, 0.75) if run.goals[0].as_dict()["{F}{C}"] else (0.25, 0.5)
        if run.goals[0].as_dict()["{FCL}"] == 0:
            one, two = two, one
        finish(store, run, Outcome(Verdict.COMPLETE, (one + two) / 2, repeats=(one, two)))

    notes = compare(api, "one", "other").json()["notes"]

    assert "one.zeroing-1: of 3 changes 1 have an interval beside zero; how the others rank may be luck" in notes


def test_of_two_zeroings_that_with_more_seeds_tells_what_matters_and_that_of_another_goal_nothing(api, store, studies):
    for seeds, goal in ((3, "best"), (2, "best"), (5, "heuristic")):
        asked = {"kind": "zeroing", "seeds": seeds, "goal": goal}
        api.post("/v1/studies/one/analyses", json=asked).raise_for_status()
        work(store)

    found = compare(api, "one", "other").json()

    assert found["studies"][0]["source"] == "one.zeroing-1"


def test_ranks_of_importances_want_designs(api, studies):
    found = compare(api, "one", "other", ranked_by="mdi").json()

    assert found["rank_agreement"] == [[None, None], [None, None]]
    assert all("design" in note for note in found["notes"])
    assert len(found["notes"]) == 2


def test_a_goal_of_zeros_has_no_direction(api, store, studies, tmp_path):
    searched(store, tmp_path, "nothing", initial_goals=[dict.fromkeys(GOAL, 0.0)])

    assert compare(api, "one", "nothing").json()["cosine_similarity"][0] == [pytest.approx(1), None]


def test_goals_with_other_weights_cannot_be_compared(api, store, studies, tmp_path):
    searched(store, tmp_path, "bivariate", network={"context": []}, initial_goals=[{"{1}": 0.5}])

    response = compare(api, "one", "bivariate")

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "study"
    assert "other weights" in response.json()["detail"]


@pytest.mark.parametrize(
    ("names", "status"), [((), 422), (("one",), 422), (("one", "missing"), 404), (("one", "no name"), 422)]
)
def test_studies_that_cannot_be_compared_are_refused(api, studies, names, status):
    assert compare(api, *names).status_code == status


def test_what_ranks_is_one_of_those_that_there_are(api, studies):
    response = compare(api, "one", "other", ranked_by="taste")

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "ranked_by"


def test_as_many_comparisons_at_once_as_there_are_connections_do_not_wait_for_each_other(api, store, tmp_path):
    for name in ("one", "other"):
        told(store, tmp_path, 190, name)
        act(store, "stop", name)
        importances(api, name)

    def ask(_number):
        query = {"study": ["one", "other"], "ranked_by": "mdi"}
        return httpx.get(f"{api.base_url}{COMPARISONS}", params=query, timeout=90)

    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = list(pool.map(ask, range(16)))

    assert {answer.status_code for answer in answers} == {200}
