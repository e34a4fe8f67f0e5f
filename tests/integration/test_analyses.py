import optuna
import pytest

from service.runs import finish
from service.storage.leases import Outcome, Verdict
from tests.integration.analysed import COST, GOAL, finish_run, searched, work
from tests.integration.driving import act, fail, make, take, take_many

ANALYSES = "/v1/studies/study/analyses"


def ask(api, **request):
    response = api.post(ANALYSES, json=request)
    assert response.status_code == 201, response.text
    return response.json()


def see(api, name):
    return api.get(f"{ANALYSES}/{name}").json()


def by_weight(analysis):
    return {variant["weight"]: variant for variant in analysis["variants"]}


def test_zeroing_tells_what_each_weight_is_worth(api, store, tmp_path):
    searched(store, tmp_path)
    name = ask(api, kind="zeroing", seeds=3)["name"]
    work(store)

    found = see(api, name)

    assert found["state"] == "completed"
    changes = {weight: variant["change"] for weight, variant in by_weight(found).items() if variant["change"]}
    assert {weight: change["mean"] for weight, change in changes.items()} == pytest.approx(
        {weight: -cost for weight, cost in COST.items()}
    )
    assert changes["{F}{C}"]["runs"] == pytest.approx([-0.2] * 3)
    assert found["baseline"]["validation_accuracy"]["standard_error"] > 0
    assert changes["{F}{C}"]["standard_error"] == pytest.approx(0, abs=1e-12)


def test_the_baseline_and_all_variants_share_their_seeds(store, tmp_path, api):
    searched(store, tmp_path)
    ask(api, kind="zeroing", seeds=3)

    seeds = {run.seeds for run in take_many(store, 10)}

    assert len(seeds) == 1
    assert len(set(*seeds)) == 3


def test_an_analysis_has_other_seeds_than_the_trials_of_the_search(store, tmp_path, api):
    make(store, tmp_path, n_trials=1, search_space={}, initial_goals=[GOAL])
    run = take(store)
    finish_run(store, run)
    ask(api, kind="confirmation", seeds=3)

    assert not set(run.seeds) & set(take(store).seeds)


@pytest.mark.parametrize("kind", ["confirmation", "design"])
def test_seeds_are_fresh_also_where_those_of_the_search_were_common(store, tmp_path, api, kind):
    make(store, tmp_path, n_trials=1, search_space={}, initial_goals=[GOAL], common_random_numbers=True, repeats=3)
    run = take(store)
    finish_run(store, run)
    ask(api, kind=kind, seeds=3)

    seeds = [run.seeds for run in take_many(store, 2)]

    assert not set(run.seeds) & {seed for each in seeds for seed in each}
    assert len(set(seeds)) == (len(seeds) if kind == "design" else 1)


def test_a_design_of_a_sobol_study_tries_other_goals(store, tmp_path, api):
    make(store, tmp_path, n_trials=2, sampler="sobol", search_space={})
    runs = take_many(store, 2)
    for run in runs:
        finish_run(store, run)
    own = [run.goals for run in runs]
    ask(api, kind="design", n_trials=2)

    assert not set(own) & {run.goals for run in take_many(store, 2)}


def test_two_analyses_of_a_study_train_their_baseline_alike(store, tmp_path, api):
    searched(store, tmp_path)
    ask(api, kind="zeroing", seeds=2)
    ask(api, kind="sensitivity", seeds=2, relative=[], absolute=[0.1])

    first, second = take(store), take(store)

    assert first.spec.name != second.spec.name
    assert (first.goals, first.seeds) == (second.goals, second.seeds)


def test_a_weight_that_is_zero_already_is_said_to_be_and_not_trained(api, store, tmp_path):
    searched(store, tmp_path)

    asked = ask(api, kind="zeroing")

    assert asked["n_trials"] == 1 + len(GOAL)
    untouched = by_weight(asked)["H_res"]
    assert (untouched["state"], untouched["note"]) == ("not trained", "it is zero already")
    assert len(work(store)) == 1 + len(GOAL)


@pytest.mark.parametrize("kind", ["zeroing", "cumulative_zeroing"])
def test_of_a_goal_of_zeros_only_the_goal_itself_is_trained(api, store, tmp_path, kind):
    searched(store, tmp_path)

    asked = ask(api, kind=kind, goal=[0.0] * 19, seeds=1)
    work(store)

    found = see(api, asked["name"])
    assert (found["state"], found["n_trials"]) == ("completed", 1)
    assert {variant["note"] for variant in found["variants"]} == {"it is zero already"}


def test_only_the_named_terms_are_set_to_zero(api, store, tmp_path):
    searched(store, tmp_path)

    asked = ask(api, kind="zeroing", terms=["{FCL}"])

    assert [variant["weight"] for variant in asked["variants"]] == ["{FCL}"]
    assert [[goal.as_dict()["{FCL}"] for goal in goals] for goals in work(store)] == [[-0.25], [0.0]]


def test_cumulative_zeroing_waits_for_the_individual_one_and_takes_its_order(api, store, tmp_path):
    searched(store, tmp_path)
    asked = ask(api, kind="cumulative_zeroing", seeds=2)
    assert (asked["state"], asked["waits_for"], asked["variants"]) == ("waiting", "study.zeroing-1", [])

    work(store)

    found = see(api, asked["name"])
    assert found["state"] == "completed"
    trained = [variant for variant in found["variants"] if variant["trial"] is not None]
    assert [variant["weight"] for variant in trained] == ["{F}{L}", "{FCL}", "{F}{C}"]
    assert [variant["change"]["mean"] for variant in trained] == pytest.approx([0.02, -0.02, -0.22])


def test_cumulative_zeroing_starts_at_once_where_the_individual_one_is_done(api, store, tmp_path):
    searched(store, tmp_path)
    ask(api, kind="zeroing", seeds=2)
    work(store)

    asked = ask(api, kind="cumulative_zeroing", seeds=2)

    assert (asked["state"], asked["waits_for"]) == ("running", None)
    assert [variant["weight"] for variant in asked["variants"] if variant["before"]] == ["{F}{L}", "{FCL}", "{F}{C}"]
    assert api.get(ANALYSES, params={"kind": "zeroing"}).json()["analyses"][0]["name"] == "study.zeroing-1"


def test_cumulative_zeroing_waits_for_an_individual_one_that_runs(api, store, tmp_path):
    searched(store, tmp_path)
    ask(api, kind="zeroing", seeds=2)

    assert ask(api, kind="cumulative_zeroing", seeds=2)["waits_for"] == "study.zeroing-1"
    assert len(api.get(ANALYSES).json()["analyses"]) == 2


def test_an_individual_zeroing_with_other_seeds_gives_no_order(api, store, tmp_path):
    searched(store, tmp_path)
    ask(api, kind="zeroing", seeds=2)

    assert ask(api, kind="cumulative_zeroing", seeds=3)["waits_for"] == "study.zeroing-2"


def test_a_given_order_is_kept(api, store, tmp_path):
    searched(store, tmp_path)
    asked = ask(api, kind="cumulative_zeroing", order=["{F}{C}", "{FCL}"], seeds=2)

    work(store)

    found = see(api, asked["name"])["variants"]
    assert [variant["weight"] for variant in found] == ["{F}{C}", "{FCL}"]
    assert [variant["change"]["mean"] for variant in found] == pytest.approx([-0.2, -0.24])


@pytest.mark.parametrize("action", ["stop", "fail"])
def test_an_analysis_fails_with_the_one_that_it_waits_for(api, store, tmp_path, action):
    searched(store, tmp_path, failure_limit=1)
    asked = ask(api, kind="cumulative_zeroing", seeds=2)
    if action == "stop":
        act(store, "stop", asked["waits_for"])
    else:
        fail(store, take(store))
    work(store)

    found = see(api, asked["name"])

    assert found["state"] == "failed"
    assert "study.zeroing-1" in found["reason"]


def test_a_failed_analysis_that_is_resumed_waits_again(api, store, tmp_path):
    searched(store, tmp_path)
    asked = ask(api, kind="cumulative_zeroing", seeds=2)
    for run in take_many(store, 10):
        fail(store, run)
    work(store)
    assert see(api, asked["name"])["state"] == "failed"
    act(store, "resume", "study.zeroing-1")

    act(store, "resume", asked["name"])

    assert see(api, asked["name"])["state"] == "waiting"
    work(store)
    assert see(api, asked["name"])["state"] == "completed"


def test_what_waited_for_a_stopped_analysis_is_not_resumed(api, store, tmp_path):
    searched(store, tmp_path)
    asked = ask(api, kind="cumulative_zeroing", seeds=2)
    act(store, "stop", "study.zeroing-1")
    work(store)

    response = api.post(f"/v1/studies/{asked['name']}/resume")

    assert response.status_code == 409
    assert "study.zeroing-1, whose results study.cumulative_zeroing-1 needs, is stopped" in response.json()["detail"]


def test_an_order_is_not_taken_from_a_zeroing_whose_baseline_failed(api, store, tmp_path):
    searched(store, tmp_path)
    zeroing = ask(api, kind="zeroing", seeds=2)["name"]
    baseline, *others = take_many(store, 10)
    fail(store, baseline)
    for run in others:
        finish_run(store, run)

    asked = ask(api, kind="cumulative_zeroing", seeds=2)

    assert "the goal that all are compared with failed: no change is known" in see(api, zeroing)["warnings"]
    assert (asked["state"], asked["waits_for"]) == ("waiting", "study.zeroing-2")


def test_one_goal_that_fails_does_not_end_an_analysis_of_a_study_that_would_end(api, store, tmp_path):
    searched(store, tmp_path, failure_limit=1)
    name = ask(api, kind="zeroing", seeds=2)["name"]
    baseline, first, *others = take_many(store, 10)
    fail(store, first)
    for run in (baseline, *others):
        finish_run(store, run)

    assert see(api, name)["state"] == "completed"


def test_what_a_crash_left_half_enqueued_is_enqueued_once(api, store, tmp_path, monkeypatch):
    searched(store, tmp_path)
    asked = ask(api, kind="cumulative_zeroing", seeds=2)
    study = store.optuna_study(asked["name"])
    study.enqueue_trial(dict.fromkeys(GOAL, 0.0), user_attrs={"initial_goal": 1})  # the beginning of an earlier try

    work(store)

    found = see(api, asked["name"])
    assert found["state"] == "completed"
    places = [trial.user_attrs["initial_goal"] for trial in study.get_trials()]
    assert sorted(places) == [0, 1, 2, 3]


def test_sensitivity_changes_each_weight_in_proportion_and_by_itself(api, store, tmp_path):
    searched(store, tmp_path)
    asked = ask(api, kind="sensitivity", terms=["{F}{C}"], seeds=2)
    work(store)

    found = see(api, asked["name"])["variants"]

    assert [variant["label"] for variant in found] == ["{F}{C} -10 %", "{F}{C} +10 %", "{F}{C} -0.1", "{F}{C} +0.1"]
    assert [variant["after"] for variant in found] == pytest.approx([0.45, 0.55, 0.4, 0.6])
    assert [variant["change"]["mean"] for variant in found] == pytest.approx([-0.02, -0.02, -0.04, -0.04])


def test_a_change_beyond_the_ends_is_cut_and_said_to_be(api, store, tmp_path):
    searched(store, tmp_path, initial_goals=[{**GOAL, "{F}{C}": 0.95, "{C}": 1.0}])

    asked = ask(api, kind="sensitivity", terms=["{F}{C}", "{C}"], relative=[], absolute=[0.1])

    cut, end = asked["variants"]
    assert (cut["after"], cut["note"]) == (1.0, "1.05 would be outside of [-1, 1]")
    assert (end["after"], end["state"], end["note"]) == (1.0, "not trained", "1 is at the end of [-1, 1]")


def test_confirmation_finds_out_the_lucky_winner(api, store, tmp_path):
    lucky, good = {**GOAL, "{F}{C}": 0.0}, GOAL
    make(store, tmp_path, n_trials=3, search_space={}, initial_goals=[lucky, good, {"{C}": 1.0}])
    for value in (0.9, 0.8, 0.3):
        finish(store, take(store), Outcome(Verdict.COMPLETE, value))
    asked = ask(api, kind="confirmation", top=2, seeds=4)

    work(store)

    found = see(api, asked["name"])
    assert (found["baseline"]["of_trial"], found["baseline"]["searched"]) == (0, 0.9)
    (other,) = found["variants"]
    assert (other["of_trial"], other["searched"]) == (1, 0.8)
    assert other["change"]["mean"] == pytest.approx(0.2)


def test_a_design_tries_goals_spread_over_the_search_space(api, store, tmp_path):
    searched(store, tmp_path, search_space={"{F}{C}": {"low": 0.0, "high": 0.5}, "{C}": 0.25}, initial_goals=[])
    asked = ask(api, kind="design", n_trials=8)

    goals = [goal.as_dict() for (goal,) in work(store)]

    assert see(api, asked["name"])["state"] == "completed"
    assert {goal["{C}"] for goal in goals} == {0.25}
    # Of 8 scrambled Sobol points one is in each eighth of every range.
    assert sorted(int(16 * goal["{F}{C}"]) for goal in goals) == list(range(8))
    assert sorted(int(4 * (1 + goal["{FCL}"])) for goal in goals) == list(range(8))


def test_runs_of_an_analysis_are_tried_again_and_known_so_far(api, store, tmp_path):
    searched(store, tmp_path)
    name = ask(api, kind="zeroing", seeds=2)["name"]
    baseline, lost, *others = take_many(store, 10)
    finish_run(store, baseline)
    finish(store, lost, Outcome(Verdict.RETRY, reason="its worker died"))

    halfway = see(api, name)
    for run in (*others, take(store)):
        finish_run(store, run)
    found = see(api, name)

    states = [variant["state"] for variant in halfway["variants"] if variant["before"]]
    assert sorted(states) == ["running", "running", "waiting"]
    assert halfway["baseline"]["state"] == "complete"
    assert (halfway["finished"], found["finished"]) == (1, 4)
    assert {w: v["change"]["mean"] for w, v in by_weight(found).items() if v["before"]} == pytest.approx(
        {weight: -cost for weight, cost in COST.items()}
    )


def test_a_variant_that_diverges_is_said_to_have_and_the_others_count(api, store, tmp_path):
    searched(store, tmp_path)
    name = ask(api, kind="zeroing", seeds=2, terms=["{F}{C}", "{FCL}"])["name"]
    baseline, first, second = take_many(store, 10)
    finish_run(store, baseline)
    fail(store, first, "diverged: a weight is no longer finite")
    finish_run(store, second)

    failed, complete = see(api, name)["variants"]

    assert (failed["state"], failed["change"]) == ("failed", None)
    assert "diverged" in failed["reason"]
    assert complete["change"]["mean"] == pytest.approx(-0.04)


def test_with_a_goal_for_each_layer_the_weights_of_each_are_set_to_zero(api, store, tmp_path):
    goals = [{"{F}{C}": 0.5}, {"{FCL}": -0.25}]
    network = {"hidden_neurons": [5, 4]}
    searched(store, tmp_path, goal_per_layer=True, network=network, initial_goals=[goals])
    asked = ask(api, kind="zeroing", seeds=1)

    trained = [
        tuple(goal.as_dict()[term] for goal, term in zip(g, ("{F}{C}", "{FCL}"), strict=True)) for g in work(store)
    ]

    assert trained == [(0.5, -0.25), (0.0, -0.25), (0.5, 0.0)]
    weights = [variant["weight"] for variant in asked["variants"] if variant["before"]]
    assert weights == ["1:{F}{C}", "2:{FCL}"]


@pytest.mark.parametrize(
    "goal", ["optimized_1_100_tpe", 0, {"{F}{C}": 1.0}, [0.5] * 19], ids=["preset", "trial", "terms", "vector"]
)
def test_an_analysis_may_start_from_any_goal(api, store, tmp_path, goal):
    searched(store, tmp_path)

    asked = ask(api, kind="zeroing", goal=goal, terms=["{F}{C}"], seeds=1)

    assert asked["n_trials"] == 2


def test_a_single_seed_has_no_standard_error_and_a_warning(api, store, tmp_path):
    searched(store, tmp_path)
    name = ask(api, kind="zeroing", seeds=1)["name"]
    work(store)

    found = see(api, name)

    assert by_weight(found)["{F}{C}"]["change"]["standard_error"] is None
    assert by_weight(found)["{F}{C}"]["change"]["t_interval"] is None
    assert "single seed" in found["warnings"][0]


def test_an_analysis_is_a_study_that_says_of_which(api, store, tmp_path):
    searched(store, tmp_path)
    name = ask(api, kind="zeroing", name="which-weights-matter")["name"]

    listed = api.get("/v1/studies").json()["studies"]

    assert name == "which-weights-matter"
    assert {study["name"]: study["analysis_of"] for study in listed} == {"study": None, name: "study"}
    assert store.optuna_study(name).user_attrs["analysis_of"] == "study"


def test_a_study_is_deleted_after_its_analyses(api, store, tmp_path):
    searched(store, tmp_path)
    name = ask(api, kind="zeroing")["name"]
    work(store)

    refused = api.delete("/v1/studies/study")
    api.delete(f"/v1/studies/{name}").raise_for_status()
    api.delete("/v1/studies/study").raise_for_status()

    assert refused.status_code == 409
    assert name in refused.json()["detail"]
    assert api.get("/v1/studies").json()["total"] == 0


def test_an_analysis_whose_trials_somebody_deleted_does_not_hide_the_others(api, store, tmp_path):
    searched(store, tmp_path)
    lost = ask(api, kind="confirmation", top=1, seeds=2)["name"]
    work(store)
    optuna.delete_study(study_name=lost, storage=store.tables)

    listed = api.get(ANALYSES).json()["analyses"]

    assert [analysis["name"] for analysis in listed] == [lost]
    assert see(api, lost)["baseline"]["state"] == "waiting"
    assert api.get("/v1/studies/study/best").json()["chosen"] == "single_trial"
