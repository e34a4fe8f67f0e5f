import threading

import optuna
import pytest
from optuna.storages import RDBStorage
from sqlalchemy import Engine, event

from service.runs import finish
from service.storage.leases import Outcome, Verdict
from service.storage.optuna_storage import optuna_url
from service.sweeping import sweep
from tests.integration.driving import LONG, SPACE, complete, fail, in_threads, take, take_if_any

STUDIES = "/v1/studies"


def spec(name="mnist", **changes):
    return {"name": name, "n_trials": 2, "search_space": SPACE, **changes}


def post(api, name="mnist", **changes):
    response = api.post(STUDIES, json=spec(name, **changes))
    assert response.status_code == 201, response.text
    return response


@pytest.fixture
def notebook(database_url):
    """Optuna's storage as somebody opens it beside the service."""
    storage = RDBStorage(optuna_url(database_url))
    yield storage
    storage.engine.dispose()


def test_a_new_study_is_answered_whole_and_found_where_it_says(api):
    response = post(api, initial_goals=["heuristic"], seed=7)

    assert response.headers["location"] == "/v1/studies/mnist"
    study = api.get(response.headers["location"]).json()
    assert study == response.json()
    assert (study["state"], study["n_trials"], study["finished"], study["running"]) == ("running", 2, 0, 0)
    assert study["tally"] == {"running": 0, "complete": 0, "pruned": 0, "fail": 0, "waiting": 1}
    assert study["best_validation_accuracy"] is None
    assert (study["spec"]["seed"], study["spec"]["initial_goals"]) == (7, ["heuristic"])
    assert study["spec"]["search_space"] == SPACE


def test_only_a_name_is_needed(api):
    study = api.post(STUDIES, json={"name": "just-this"}).json()

    assert (study["dataset"], study["sampler"], study["n_trials"]) == ("digits", "tpe", 1000)
    assert set(map(str, study["spec"]["search_space"].values())) == {str({"low": -1.0, "high": 1.0})}


def test_the_answered_spec_makes_the_same_study_again(api):
    posted = post(api, sampler="cmaes", n_trials=5).json()["spec"]

    again = api.post(STUDIES, json={**posted, "name": "again"}).json()["spec"]

    assert again == {**posted, "name": "again"}


def test_studies_are_listed_newest_first_in_pages(api):
    for name in ("first", "second", "third"):
        post(api, name=name)

    page = api.get(STUDIES, params={"offset": 1, "limit": 1}).json()

    assert ([study["name"] for study in page["studies"]], page["total"]) == (["second"], 3)
    assert api.get(STUDIES, params={"offset": 3}).json() == {"studies": [], "total": 3}


def test_studies_are_listed_by_state(api):
    post(api, name="goes-on")
    post(api, name="waits")
    api.post(f"{STUDIES}/waits/pause")

    page = api.get(STUDIES, params={"state": "paused"}).json()

    assert ([study["name"] for study in page["studies"]], page["total"]) == (["waits"], 1)


def test_progress_shows_in_the_study(api, store):
    post(api, n_trials=4)
    complete(store, take(store), 0.25)
    complete(store, take(store), 0.75)
    fail(store, take(store))
    take(store)

    study = api.get(f"{STUDIES}/mnist").json()

    assert (study["finished"], study["running"], study["best_validation_accuracy"]) == (3, 1, 0.75)
    assert study["tally"] == {"running": 1, "complete": 2, "pruned": 0, "fail": 1, "waiting": 0}


def study_in(state, api, store):
    post(api, n_trials=1, failure_limit=1)
    if state == "completed":
        complete(store, take(store))
    elif state == "failed":
        fail(store, take(store))
    elif state != "running":
        api.post(f"{STUDIES}/mnist/{ {'paused': 'pause', 'stopped': 'stop'}[state] }")
    assert api.get(f"{STUDIES}/mnist").json()["state"] == state


@pytest.mark.parametrize(
    ("state", "action", "leads_to"),
    [
        ("running", "pause", "paused"),
        ("running", "stop", "stopped"),
        ("paused", "resume", "running"),
        ("paused", "stop", "stopped"),
        ("failed", "resume", "running"),
    ],
)
def test_a_study_can_be_steered(api, store, state, action, leads_to):
    study_in(state, api, store)

    response = api.post(f"{STUDIES}/mnist/{action}")

    assert (response.status_code, response.json()["state"], response.json()["reason"]) == (200, leads_to, None)
    assert (response.json()["ended_at"] is None) == (leads_to != "stopped")


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("running", "resume"),
        ("paused", "pause"),
        *[("stopped", action) for action in ("pause", "resume", "stop")],
        *[("completed", action) for action in ("pause", "resume", "stop")],
        *[("failed", action) for action in ("pause", "stop")],
    ],
)
def test_a_change_that_makes_no_sense_is_a_conflict_and_says_when_it_would(api, store, state, action):
    study_in(state, api, store)

    response = api.post(f"{STUDIES}/mnist/{action}")

    assert response.status_code == 409
    assert f"cannot {action} a study that is {state}; it must be" in response.json()["detail"]
    assert api.get(f"{STUDIES}/mnist").json()["state"] == state


@pytest.mark.parametrize("state", ["stopped", "completed", "failed"])
def test_an_ended_study_can_be_deleted_and_its_name_used_again(api, store, state):
    study_in(state, api, store)

    deleted = api.delete(f"{STUDIES}/mnist")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert api.get(f"{STUDIES}/mnist").status_code == 404
    assert store.trials.get_all_studies() == []
    assert post(api).json()["tally"]["complete"] == 0


@pytest.mark.parametrize("state", ["running", "paused"])
def test_a_study_that_goes_on_cannot_be_deleted(api, store, state):
    study_in(state, api, store)

    response = api.delete(f"{STUDIES}/mnist")

    assert (response.status_code, "stop it first" in response.json()["detail"]) == (409, True)
    assert api.get(f"{STUDIES}/mnist").status_code == 200


def test_a_taken_name_is_a_conflict_and_leaves_the_first_as_it_was(api, store):
    post(api)
    complete(store, take(store))

    response = api.post(STUDIES, json=spec(n_trials=50))

    assert (response.status_code, "choose another name" in response.json()["detail"]) == (409, True)
    study = api.get(f"{STUDIES}/mnist").json()
    assert (study["n_trials"], study["finished"]) == (2, 1)


def test_of_two_that_post_one_name_at_once_exactly_one_makes_it(api):
    together, statuses = threading.Barrier(4), []

    def meet_and_post():
        together.wait(timeout=10)
        statuses.append(api.post(STUDIES, json=spec(initial_goals=["heuristic"])).status_code)

    in_threads(*[meet_and_post] * 4)

    assert sorted(statuses) == [201, 409, 409, 409]
    assert api.get(f"{STUDIES}/mnist").json()["tally"]["waiting"] == 1


def test_an_optuna_study_of_somebody_else_is_a_conflict_and_stays_untouched(api, notebook):
    study = optuna.create_study(study_name="mnist", storage=notebook)
    study.set_user_attr("mine", 1)
    study.enqueue_trial({"x": 1})

    response = api.post(STUDIES, json=spec())

    assert (response.status_code, "this service did not make" in response.json()["detail"]) == (409, True)
    assert api.get(f"{STUDIES}/mnist").status_code == 404
    assert (study.user_attrs, len(study.trials)) == ({"mine": 1}, 1)


@pytest.mark.parametrize("marked", [False, True])
def test_what_a_creation_that_was_cut_short_left_in_optuna_is_replaced(api, notebook, marked):
    left = optuna.create_study(study_name="mnist", storage=notebook, direction="maximize")
    if marked:
        left.set_user_attr("infomorphic", spec())
        left.enqueue_trial({"{F}": 0.5})

    assert post(api).json()["tally"]["waiting"] == 0


def test_a_notebooks_copy_of_a_study_is_not_taken_for_ours(api, notebook, store):
    post(api, initial_goals=["heuristic"])
    optuna.copy_study(
        from_study_name="mnist", from_storage=notebook, to_storage=notebook, to_study_name="mnist-by-hand"
    )

    response = api.post(STUDIES, json=spec("mnist-by-hand"))
    sweep(store)

    assert (response.status_code, "choose another name" in response.json()["detail"]) == (409, True)
    assert len(optuna.load_study(study_name="mnist-by-hand", storage=notebook).trials) == 1


def test_a_study_that_is_read_while_it_is_deleted_is_there_or_not_found(api, store):
    answers, ended = set(), threading.Event()

    def read(path):
        while not ended.is_set():
            answers.add(api.get(f"{STUDIES}/mnist{path}").status_code)

    def make_and_delete():
        try:
            for _ in range(12):
                post(api, initial_goals=["heuristic"])
                api.post(f"{STUDIES}/mnist/stop")
                assert api.delete(f"{STUDIES}/mnist").status_code == 204
        finally:
            ended.set()

    in_threads(*[lambda path=path: read(path) for path in ("", "/trials", "/best")], make_and_delete)

    assert answers <= {200, 404}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_study_that_does_not_exist_is_not_found(api, method):
    response = api.request(method, f"{STUDIES}/nowhere")

    assert (response.status_code, response.json()["detail"]) == (404, "there is no study named 'nowhere'")


@pytest.mark.parametrize("action", ["pause", "resume", "stop"])
def test_a_study_that_does_not_exist_cannot_be_steered(api, action):
    assert api.post(f"{STUDIES}/nowhere/{action}").status_code == 404


@pytest.mark.parametrize("path", ["/trials", "/trials/0", "/best"])
def test_a_study_that_does_not_exist_has_no_trials(api, path):
    assert api.get(f"{STUDIES}/nowhere{path}").status_code == 404


def test_trials_show_goals_accuracies_and_reasons(api, store):
    post(api, initial_goals=["heuristic"])
    run = take(store)
    for epoch, accuracy in enumerate((0.5, 0.75)):
        run.asked.trial.report(accuracy, epoch)
    complete(store, run, 0.75)
    fail(store, take(store), "out of memory")

    first, second = api.get(f"{STUDIES}/mnist/trials").json()["trials"]

    assert (first["state"], first["validation_accuracy"], first["reason"]) == ("complete", 0.75, None)
    assert first["validation_accuracies"] == {"0": 0.5, "1": 0.75}
    assert {term: weight for term, weight in first["goal"].items() if weight} == {"{F}{C}": 1.0}
    assert first["gamma"] == list(first["goal"].values())
    assert (second["state"], second["validation_accuracy"], second["reason"]) == ("fail", None, "out of memory")
    assert api.get(f"{STUDIES}/mnist/trials/1").json() == second


def test_a_trial_of_several_networks_shows_each_and_their_spread(api, store):
    post(api, repeats=3)
    finish(store, take(store), Outcome(Verdict.COMPLETE, 0.5, repeats=(0.25, 0.5, 0.75)))
    complete(store, take(store), 0.25)

    several, _ = api.get(f"{STUDIES}/mnist/trials").json()["trials"]

    assert (several["validation_accuracy"], several["repeats"]) == (0.5, [0.25, 0.5, 0.75])
    assert several["standard_deviation"] == 0.25
    assert api.get(f"{STUDIES}/mnist/trials/0").json() == several


def test_pruned_trials_are_finished_and_listed_with_the_reason(api, store):
    post(api, pruner="median")
    finish(store, take(store), Outcome(Verdict.PRUNED, reason="pruned after epoch 3 of 100"))

    study = api.get(f"{STUDIES}/mnist").json()
    (pruned,) = api.get(f"{STUDIES}/mnist/trials", params={"state": "pruned"}).json()["trials"]

    assert (study["finished"], study["tally"]["pruned"]) == (1, 1)
    assert (pruned["validation_accuracy"], pruned["reason"]) == (None, "pruned after epoch 3 of 100")


def test_a_study_with_cma_es_shows_how_its_generations_go(api, store):
    post(api, "generations", n_trials=8, sampler={"type": "cmaes", "population_size": 4})
    post(api, "without")
    before = api.get(f"{STUDIES}/generations").json()["generations"]
    for _ in range(5):
        runs = [take_if_any(store) for _ in range(10)]
        for run in filter(None, runs):
            complete(store, run)

    after = api.get(f"{STUDIES}/generations").json()["generations"]

    assert before == {"size": 4, "complete": 0, "results_used": None, "idle_share": None}
    assert (after["complete"], after["results_used"]) == (2, 1.0)
    assert 0 <= after["idle_share"] < 1
    assert api.get(f"{STUDIES}/without").json()["generations"] is None


def test_trials_are_listed_by_state_in_pages(api, store):
    post(api, n_trials=5)
    for act in (complete, fail, complete, complete):
        act(store, take(store))

    page = api.get(f"{STUDIES}/mnist/trials", params={"state": "complete", "offset": 1, "limit": 1}).json()

    assert ([trial["number"] for trial in page["trials"]], page["total"]) == ([2], 3)


def test_the_best_trial_is_the_first_of_the_highest(api, store):
    post(api, n_trials=4)
    for value in (0.25, 0.75, 0.75, 0.5):
        complete(store, take(store), value)

    best = api.get(f"{STUDIES}/mnist/best").json()

    assert (best["number"], best["validation_accuracy"]) == (1, 0.75)


def test_there_is_no_best_trial_before_one_is_complete(api, store):
    post(api)
    fail(store, take(store))

    response = api.get(f"{STUDIES}/mnist/best")

    assert (response.status_code, response.json()["detail"]) == (404, "study 'mnist' has no complete trial yet")


def test_a_trial_that_does_not_exist_is_not_found(api):
    post(api, initial_goals=["heuristic"])

    response = api.get(f"{STUDIES}/mnist/trials/1")

    assert (response.status_code, "has 1 trials" in response.json()["detail"]) == (404, True)


def test_whatever_a_notebook_does_to_a_study_can_be_looked_at(api, notebook):
    post(api)
    study = optuna.load_study(study_name="mnist", storage=notebook)
    study.enqueue_trial({"{F}{C}": 5.0, "unknown": "text"})
    study.enqueue_trial({"{F}{C}": 5.0, "{FCL}": 0.0, "H_res": "text"})
    asked = study.ask()  # takes the first from the queue
    asked.report(float("nan"), 0)
    asked.report(float("inf"), 1)
    study.tell(asked, float("inf"))

    found = api.get(f"{STUDIES}/mnist/trials")

    assert found.status_code == 200, found.text
    assert [trial["goal"] for trial in found.json()["trials"]] == [None, None]
    for path in ("", "/trials/0"):
        assert api.get(f"{STUDIES}/mnist{path}").status_code == 200
    assert api.get(f"{STUDIES}/mnist/best").status_code == 404  # what has no goal is no best goal


def test_a_study_whose_trials_were_deleted_in_optuna_says_so_and_can_be_deleted(api, notebook, store):
    post(api)
    optuna.delete_study(study_name="mnist", storage=notebook)

    for path in ("", "/trials", "/trials/0", "/best"):
        response = api.get(f"{STUDIES}/mnist{path}")
        assert (response.status_code, "have been deleted" in response.json()["detail"]) == (404, True)
    api.post(f"{STUDIES}/mnist/stop")
    assert api.delete(f"{STUDIES}/mnist").status_code == 204


def test_stopping_reaches_the_worker_and_its_run_is_kept(api, store):
    post(api)
    run = take_if_any(store, "worker", LONG)
    api.post(f"{STUDIES}/mnist/stop")

    finish(store, run, Outcome(Verdict.STOPPED, reason="the study was stopped"))

    assert api.get(f"{STUDIES}/mnist").json()["tally"]["fail"] == 1


def test_the_published_goals_are_listed_with_the_order_of_their_terms(api):
    goals = api.get("/v1/goals").json()

    heuristic = next(goal for goal in goals if goal["name"] == "heuristic" and goal["kind"] == "trivariate")
    assert dict(zip(heuristic["terms"], heuristic["gamma"], strict=True))["{F}{C}"] == 1.0
    assert {len(goal["gamma"]) - len(goal["terms"]) for goal in goals} == {0}
    assert {goal["kind"] for goal in goals} == {"trivariate", "bivariate_context", "bivariate_lateral"}


def test_the_data_sets_are_listed_with_ones_own(api, tmp_path):
    (tmp_path / "mine.npz").write_bytes(b"not looked at")

    found = {dataset["name"]: dataset["ready"] for dataset in api.get("/v1/datasets").json()}

    assert found["digits"]
    assert found["mine"]
    assert not found["mnist"]


@pytest.mark.parametrize("table", ["studies", "trials", "trial_values"])
def test_to_look_at_a_study_its_trials_are_read_once(api, store, table):
    post(api, n_trials=3)
    complete(store, take(store))
    take(store)
    api.get(f"{STUDIES}/mnist")
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    study = api.get(f"{STUDIES}/mnist").json()
    event.remove(Engine, "before_cursor_execute", note)

    assert study["tally"]["complete"] == study["tally"]["running"] == 1
    # By name and, within Optuna, by number; nothing else twice.
    looks = [statement for statement in statements if f"\nFROM {table} " in statement]
    assert len(looks) == (2 if table == "studies" else 1)
