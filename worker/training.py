"""Training the networks of several runs as one population, and what comes of each run."""

import statistics

import torch

from model.data import Split
from model.errors import DivergedError
from model.training import EpochResult, Training
from service.runs import Run
from service.storage.leases import Outcome, Verdict
from worker.reporter import Reporter


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
    goals = [run.goal for run in in_hand for _ in run.seeds]
    seeds = [seed for run in in_hand for seed in run.seeds]
    training = Training(spec.network, spec.training, data, goals, seeds, device)
    members = {
        run.token: range(position * spec.repeats, (position + 1) * spec.repeats) for position, run in enumerate(in_hand)
    }
    try:
        for result in training.epochs():
            ended = [run for run in in_hand if _ends(run, result, members[run.token], reporter)]
            for run in ended:
                in_hand.remove(run)
            if not in_hand:
                return
            if ended:
                training.release([member for run in ended for member in members[run.token]])
    except DivergedError as error:
        while in_hand:
            reporter.end(in_hand.pop(), Outcome(Verdict.FAIL, reason=f"diverged: {error}"))


def _ends(run: Run, result: EpochResult, members: range, reporter: Reporter) -> bool:
    """Report a run's epoch, and its end if this was the last; whether it was."""
    if reporter.is_lost(run):
        return True
    epoch, epochs = result.epoch, run.spec.training.epochs
    places = [result.members.index(member) for member in members]
    if any(result.diverged[place] for place in places):
        reason = f"diverged: a weight is no longer finite after epoch {epoch}"
        reporter.end(run, Outcome(Verdict.FAIL, reason=reason))
        return True
    repeats = tuple(result.validation_accuracy[place] for place in places)
    accuracy = statistics.fmean(repeats)
    reporter.report(run, epoch, accuracy)
    if epoch == epochs:
        reporter.end(run, Outcome(Verdict.COMPLETE, accuracy, repeats=repeats))
    elif reporter.study_stopped.is_set():
        reporter.end(run, Outcome(Verdict.STOPPED, reason=f"the study was stopped after epoch {epoch} of {epochs}"))
    elif reporter.is_to_be_pruned(run):
        reporter.end(run, Outcome(Verdict.PRUNED, reason=f"pruned after epoch {epoch} of {epochs}"))
    else:
        return False
    return True
