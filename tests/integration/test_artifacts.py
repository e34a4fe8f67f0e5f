"""Artifacts from the outcome of a run to our table and Optuna's metadata."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import optuna
import pytest
from optuna.artifacts import download_artifact, get_all_artifact_meta
from optuna.artifacts.exceptions import ArtifactNotFound
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import service.trials
from service.errors import LeaseLostError
from service.runs import finish
from service.search import trials
from service.settling import reap, settle
from service.storage import artifacts, leases
from service.storage.artifacts import LARGEST, Artifact
from service.storage.database import says_server_is_away
from service.storage.leases import Outcome, Verdict
from service.storage.optuna_artifacts import ArtifactsForReading, artifact_id
from service.storage.optuna_storage import optuna_url
from service.storage.store import Store
from service.storage.tables import Study
from tests.conftest import query
from tests.integration.driving import (
    act,
    assert_consistent,
    complete,
    delete,
    fail,
    leases_of,
    make,
    numbers,
    optuna_trials,
    run_out,
    take,
)
from tests.patience import eventually

CURVES = Artifact("curves.csv", "text/csv", b"epoch,accuracy\n1,0.5\n")
EVERY_BYTE = Artifact("weights.npz", "application/x-npz", bytes(range(256)) * 3 + b"\0\\'\"%")
WITH_BOTH = Outcome(Verdict.COMPLETE, 0.5, artifacts=(EVERY_BYTE, CURVES))


WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Crash(BaseException):
    """The process died here: nobody catches it."""


def rows(url):
    return query(url, "SELECT trial_number, name FROM infomorphic.artifacts ORDER BY trial_number, name")


def kept(store, number, name, study_id=1):
    with Session(store.engine) as session:
        return artifacts.read(session, study_id, number, name)


def noted(store, number):
    """What Optuna says of a trial's artifacts: names, media types and ids."""
    found = get_all_artifact_meta(optuna_trials(store)[number], storage=store.trials)
    return sorted((meta.filename, meta.mimetype, meta.artifact_id) for meta in found)


def test_artifacts_are_kept_byte_for_byte_with_the_trial_that_left_them(store, database_url, tmp_path):
    make(store, tmp_path)
    first, second = take(store), take(store)

    finish(store, second, WITH_BOTH)
    complete(store, first)

    assert rows(database_url) == [(1, "curves.csv"), (1, "weights.npz")]
    assert (kept(store, 1, "curves.csv"), kept(store, 1, "weights.npz")) == (CURVES, EVERY_BYTE)
    assert kept(store, 0, "curves.csv") is None
    with Session(store.engine) as session:
        found = artifacts.of_trial(session, 1, 1)
    assert [(info.name, info.media_type, info.size) for info in found] == [
        ("curves.csv", "text/csv", len(CURVES.content)),
        ("weights.npz", "application/x-npz", len(EVERY_BYTE.content)),
    ]


def test_the_largest_artifact_and_an_empty_one_are_kept(store, tmp_path):
    make(store, tmp_path)
    largest = Artifact("largest", "application/octet-stream", bytes(range(256)) * (LARGEST // 256))
    empty = Artifact("empty", "text/plain", b"")

    finish(store, take(store), Outcome(Verdict.COMPLETE, 0.5, artifacts=(largest, empty)))

    assert (kept(store, 0, "largest") == largest, kept(store, 0, "empty")) == (True, empty)


def test_optuna_lists_a_trials_artifacts_and_a_notebook_can_download_them(store, database_url, tmp_path):
    make(store, tmp_path)
    finish(store, take(store), WITH_BOTH)

    with closing(Store.open(database_url)) as other:
        notebook = RDBStorage(optuna_url(database_url))
        trial = optuna.load_study(study_name="study", storage=notebook).best_trial
        (meta,) = [m for m in get_all_artifact_meta(trial, storage=notebook) if m.filename == "weights.npz"]
        reader = ArtifactsForReading(other.engine)
        download_artifact(artifact_store=reader, artifact_id=meta.artifact_id, file_path=str(tmp_path / "weights.npz"))
        notebook.engine.dispose()

    assert (meta.mimetype, meta.encoding) == ("application/x-npz", None)
    assert (tmp_path / "weights.npz").read_bytes() == EVERY_BYTE.content


def test_a_refused_outcome_leaves_no_artifact(store, database_url, tmp_path):
    make(store, tmp_path, n_trials=1)
    lost = take(store)
    run_out(store, lost.token)
    reap(store)
    again = take(store)

    with pytest.raises(LeaseLostError):
        finish(store, lost, WITH_BOTH)
    before = rows(database_url)
    finish(store, again, Outcome(Verdict.COMPLETE, 0.5, artifacts=(CURVES,)))

    assert before == []
    assert rows(database_url) == [(1, "curves.csv")]
    assert (noted(store, 0), [name for name, *_ in noted(store, 1)]) == ([], ["curves.csv"])


def test_of_two_ends_of_one_run_only_the_first_leaves_artifacts(store, database_url, tmp_path):
    make(store, tmp_path)
    run = take(store)
    finish(store, run, Outcome(Verdict.COMPLETE, 0.5, artifacts=(CURVES,)))

    with pytest.raises(LeaseLostError):
        finish(store, run, Outcome(Verdict.COMPLETE, 0.6, artifacts=(EVERY_BYTE,)))

    assert rows(database_url) == [(0, "curves.csv")]


def whenever_an_artifact_is_written(url, statement):
    query(url, f"CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NEW; END $$")
    query(url, "CREATE TRIGGER act BEFORE INSERT ON infomorphic.artifacts FOR EACH ROW EXECUTE FUNCTION act()")


@pytest.mark.parametrize("code", ["53100", "57014", "23514"], ids=["disk full", "cancelled", "check violation"])
def test_artifacts_that_the_database_does_not_take_cost_no_result_and_the_trial_says_so(
    store, database_url, tmp_path, code
):
    spec = make(store, tmp_path)
    whenever_an_artifact_is_written(database_url, f"RAISE EXCEPTION 'not %', NEW.name USING ERRCODE = '{code}'")

    finish(store, take(store), WITH_BOTH)

    trial = service.trials.get(store, spec, 0)
    assert (trial.state, trial.value, rows(database_url)) == (TrialState.COMPLETE, 0.5, [])
    assert trial.left_out == "weights.npz, curves.csv: the database does not take them: not weights.npz"
    assert "left_out" in optuna_trials(store)[0].user_attrs


def test_an_outcome_waits_for_a_database_that_goes_away_while_artifacts_are_written(store, database_url, tmp_path):
    make(store, tmp_path)
    run = take(store)
    whenever_an_artifact_is_written(database_url, "PERFORM pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Exception) as broken:
        finish(store, run, WITH_BOTH)

    assert says_server_is_away(broken.value)
    assert [lease.state for lease in leases_of(store)] == ["held"]


def test_a_lease_is_renewed_and_looked_at_by_others_while_its_artifacts_are_written(store, database_url, tmp_path):
    make(store, tmp_path)
    run = take(store)
    query(database_url, "CREATE TABLE public.gate ()")
    whenever_an_artifact_is_written(database_url, "LOCK public.gate IN ACCESS SHARE MODE")

    with ThreadPoolExecutor() as pool, store.engine.begin() as gate:
        gate.execute(text("LOCK public.gate"))
        finished = pool.submit(finish, store, run, WITH_BOTH)
        eventually(lambda: query(database_url, WAITING))
        renewed = leases.renew(store.engine, [run.token], 60)
        leases.expire(store.engine)
        gate.commit()
        finished.result(timeout=60)

    assert list(renewed) == [run.token]
    assert len(rows(database_url)) == 2


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome(Verdict.PRUNED, reason="pruned", artifacts=(CURVES,)), TrialState.PRUNED),
        (Outcome(Verdict.FAIL, reason="it diverged", artifacts=(CURVES,)), TrialState.FAIL),
        (Outcome(Verdict.STOPPED, reason="the study was stopped", artifacts=(CURVES,)), TrialState.FAIL),
    ],
    ids=lambda value: str(getattr(value, "verdict", value)),
)
def test_a_run_that_is_not_complete_may_leave_artifacts_too(store, tmp_path, outcome, state):
    make(store, tmp_path)

    finish(store, take(store), outcome)

    assert numbers(store, state) == [0]
    assert kept(store, 0, "curves.csv") == CURVES
    assert noted(store, 0) == [("curves.csv", "text/csv", artifact_id(1, 0, "curves.csv"))]


def test_a_resumed_failure_keeps_its_artifacts_and_the_next_attempt_has_its_own(store, database_url, tmp_path):
    make(store, tmp_path, n_trials=1, failure_limit=1)
    finish(store, take(store), Outcome(Verdict.FAIL, reason="it diverged", artifacts=(CURVES,)))
    act(store, "resume")
    reap(store)

    finish(store, take(store), WITH_BOTH)

    assert rows(database_url) == [(0, "curves.csv"), (1, "curves.csv"), (1, "weights.npz")]
    assert (len(noted(store, 0)), len(noted(store, 1))) == (1, 2)


def test_a_crash_between_deciding_and_settling_ends_with_the_artifacts_noted(store, tmp_path):
    spec = make(store, tmp_path, n_trials=1)
    leases.decide(store.engine, take(store).token, WITH_BOTH)
    before = noted(store, 0)

    reap(store)

    assert before == []
    assert [name for name, *_ in noted(store, 0)] == ["curves.csv", "weights.npz"]
    assert_consistent(store, spec)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["set_trial_system_attr", "complete"])
def test_a_crash_while_settling_ends_with_each_artifact_noted_once(store, tmp_path, monkeypatch, step, after):
    spec = make(store, tmp_path, n_trials=1)
    where = trials if step == "complete" else store.trials
    original = getattr(where, step)

    def dying(*arguments, **named):
        monkeypatch.setattr(where, step, original)
        if after:
            original(*arguments, **named)
        raise Crash

    monkeypatch.setattr(where, step, dying)
    with pytest.raises(Crash):
        finish(store, take(store), WITH_BOTH)
    reap(store)

    assert [name for name, *_ in noted(store, 0)] == ["curves.csv", "weights.npz"]
    assert_consistent(store, spec)


def test_settling_again_changes_nothing_of_the_artifacts(store, database_url, tmp_path):
    make(store, tmp_path)
    run = take(store)
    finish(store, run, WITH_BOTH)
    before = noted(store, 0), rows(database_url)

    settle(store, run.token)
    query(database_url, "UPDATE infomorphic.leases SET state = 'decided'")
    reap(store)

    assert (noted(store, 0), rows(database_url)) == before


def test_artifacts_go_with_their_study_and_with_no_other(store, database_url, tmp_path):
    for name in ("goes", "stays"):
        make(store, tmp_path, name, n_trials=1)
        finish(store, take(store), WITH_BOTH)

    delete(store, "goes")

    assert query(database_url, "SELECT study_id, count(*) FROM infomorphic.artifacts GROUP BY 1") == [(2, 2)]


def test_a_run_that_is_decided_while_its_study_is_deleted_is_refused_without_a_deadlock(store, database_url, tmp_path):
    make(store, tmp_path)
    run = take(store)
    act(store, "stop")

    def decide():
        with pytest.raises(LeaseLostError):
            leases.decide(store.engine, run.token, Outcome(Verdict.STOPPED, artifacts=(CURVES,)))

    with ThreadPoolExecutor() as pool, Session(store.engine) as session, session.begin():
        study = session.scalars(select(Study).with_for_update()).one()  # as who deletes it begins
        refused = pool.submit(decide)
        eventually(lambda: query(database_url, WAITING))
        session.delete(study)
        session.commit()
        refused.result(timeout=60)

    assert rows(database_url) == []


def test_artifacts_are_read_only_for_optuna(store, tmp_path):
    make(store, tmp_path)
    finish(store, take(store), WITH_BOTH)
    reader, key = ArtifactsForReading(store.engine), artifact_id(1, 0, "curves.csv")

    with pytest.raises(io.UnsupportedOperation, match="come with a run's outcome"):
        reader.write(key, io.BytesIO(b"other"))
    with pytest.raises(io.UnsupportedOperation, match="go with their study"):
        reader.remove(key)

    assert reader.open_reader(key).read() == CURVES.content


@pytest.mark.parametrize(
    "key", ["1", "1-0", "1-0-6e6f6e65", "x-y-z", "1-0-6", "1-0-00", "1-0-ff", "1-0-2e2e", "2-0-6375727665732e637376"]
)
def test_an_id_that_is_none_of_ours_is_not_found(store, tmp_path, key):
    make(store, tmp_path)
    finish(store, take(store), WITH_BOTH)

    with pytest.raises(ArtifactNotFound, match=key):
        ArtifactsForReading(store.engine).open_reader(key)


def test_a_failed_attempt_that_left_nothing_has_no_artifacts(store, database_url, tmp_path):
    make(store, tmp_path)

    fail(store, take(store))

    assert (rows(database_url), noted(store, 0)) == ([], [])
