"""Training the network of one run, and what came of it."""

import torch

from model.data import Split
from model.errors import DivergedError
from model.training import Training
from service.errors import LeaseLostError
from service.runs import Run
from service.storage.leases import Outcome, Verdict
from worker.reporter import Reporter


def train(run: Run, data: Split, device: torch.device, reporter: Reporter) -> Outcome:
    """Train to the last epoch, reporting each; the study's end or a lost lease ends it early.

    Raises:
        LeaseLostError: If the run was given to another worker.
    """
    training = Training(run.spec.network, run.spec.training, data, [run.goal], [run.seed], device)
    epochs = run.spec.training.epochs
    accuracy = 0.0
    try:
        for result in training.epochs():
            accuracy = result.validation_accuracy[0]
            reporter.report(result.epoch, accuracy)
            if reporter.lease_lost.is_set():
                raise LeaseLostError(f"the lease of trial {run.asked.trial.number} was lost in epoch {result.epoch}")
            if reporter.study_stopped.is_set() and result.epoch < epochs:
                return Outcome(Verdict.STOPPED, reason=f"the study was stopped after epoch {result.epoch} of {epochs}")
    except DivergedError as error:
        return Outcome(Verdict.FAIL, reason=f"diverged: {error}")
    return Outcome(Verdict.COMPLETE, value=accuracy)
