"""Training the networks of several runs as one population, and what comes of each run."""

import logging
import statistics
from collections.abc import Sequence
from dataclasses import replace

import torch

from model.data import Split
from model.errors import DivergedError
from model.training import EpochResult, Training
from service.runs import Run
from service.search.trials import DIVERGED, STUDY_STOPPED
from service.storage.leases import Outcome, Verdict
from worker.recording import Recording
from worker.reporter import Reporter

logger = logging.getLogger(__name__)


def train_apart_if_need_be(in_hand: Sequence[Run], data: Split, device: torch.device, reporter: Reporter) -> None:
    """Train runs as one population, or, if that raises, as two halves of it: memory may suffice, one may be to blame.

    Args:
        in_hand: Runs of one study.
        data: Training and validation part.
        device: Where to compute.
        reporter: Told of every epoch and end.
    """
    left = list(in_hand)
    try:
        train(left, data, device, reporter)
    except Exception as error:  # whatever it is, it is these trials' and must not end the worker
        logger.exception("training trials %s raised", [run.asked.trial.number for run in left])
        if len(left) == 1:
            try_again(left, error, reporter)
            left = []
    middle = len(left) // 2
    for half in (left[:middle], left[middle:]):  # outside of the handler, which holds the memory of what raised
        if half:
            train_apart_if_need_be(half, data, device, reporter)


def try_again(in_hand: Sequence[Run], error: Exception, reporter: Reporter) -> None:
    """End runs because of an error; each is tried again, up to its study's max_attempts."""
    for run in in_hand:
        reporter.end(run, Outcome(Verdict.RETRY, reason=f"{type(error).__name__}: {error}"))


def train(in_hand: list[Run], data: Split, device: torch.device, reporter: Reporter) -> None:
    """Train until every run has come to its end, reporting each epoch and each end.

    A run ends early when a network of its diverges, its lease is lost, its pruner says so, or the study is stopped; its
    networks leave the population, and the others get faster. Afterwards `in_hand` is empty, unless something raises.

    Args:
        in_hand: Runs of one study; those that have ended are taken out.
        data: Training and validation part.
        device: Where to compute.
        reporter: Told of every epoch and end.
    """
    spec = in_hand[0].spec
    goals = [run.goals for run in in_hand for _ in run.seeds]
    seeds = [seed for run in in_hand for seed in run.seeds]
    training = Training(spec.network, spec.training, data, goals, seeds, device)
    members = {
        run.token: range(position * spec.repeats, (position + 1) * spec.repeats) for position, run in enumerate(in_hand)
    }
    recording = Recording(training, spec.record)
    try:
        for result in training.epochs():
            recording.observe(result)
            stopped = reporter.study_stopped.is_set()  # now, so that all hear of it at the same epoch
            ended = [
                run for run in in_hand if _ends(run, result, members[run.token], reporter, recording, stopped=stopped)
            ]
            for run in ended:
                in_hand.remove(run)
            if not in_hand:
                return
            if ended:
                training.release([member for run in ended for member in members[run.token]])
    except DivergedError as error:
        while in_hand:
            run = in_hand.pop()
            artifacts, left_out = recording.artifacts_of(members[run.token])
            outcome = Outcome(Verdict.FAIL, reason=f"{DIVERGED}{error}", artifacts=artifacts, left_out=left_out)
            reporter.end(run, outcome)


def _ends(
    run: Run, result: EpochResult, members: range, reporter: Reporter, recording: Recording, *, stopped: bool
) -> bool:
    """Report a run's epoch, and its end with what it leaves if this was the last; whether it was."""
    if reporter.is_lost(run):
        return True
    outcome = _outcome(run, result, members, reporter, stopped=stopped)
    if outcome is None:
        return False
    artifacts, left_out = recording.artifacts_of(members)
    reporter.end(run, replace(outcome, artifacts=artifacts, left_out=left_out))
    return True


def _outcome(run: Run, result: EpochResult, members: range, reporter: Reporter, *, stopped: bool) -> Outcome | None:
    """Report a run's epoch; what came of the run if this was its last."""
    epoch, epochs = result.epoch, run.spec.training.epochs
    places = [result.members.index(member) for member in members]
    if any(result.diverged[place] for place in places):
        return Outcome(Verdict.FAIL, reason=f"{DIVERGED}a weight is no longer finite after epoch {epoch}")
    repeats = tuple(result.validation_accuracy[place] for place in places)
    accuracy = statistics.fmean(repeats)
    reporter.report(run, epoch, accuracy)
    if epoch == epochs:
        return Outcome(Verdict.COMPLETE, accuracy, repeats=repeats)
    if stopped:
        return Outcome(Verdict.STOPPED, reason=f"{STUDY_STOPPED} after epoch {epoch} of {epochs}")
    if reporter.is_to_be_pruned(run):
        return Outcome(Verdict.PRUNED, reason=f"pruned after epoch {epoch} of {epochs}")
    return None
