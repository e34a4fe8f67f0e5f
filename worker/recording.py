"""Recording a population while it trains: whatever goes wrong with that, it must not cost a run its result."""

import logging
from pathlib import Path

from model.record import Recorder
from model.record_files import record_files
from model.training import EpochResult, Training
from service.record_size import RecordKind
from service.storage.artifacts import Artifact

MEDIA_TYPES = {".csv": "text/csv", ".npz": "application/zip"}

logger = logging.getLogger(__name__)


class Recording:
    """What the networks of a population do, for the artifacts of their runs.

    Args:
        training: Before its first epoch.
        record: What is recorded.
    """

    def __init__(self, training: Training, record: RecordKind) -> None:
        self._recorder: Recorder | None = None
        self._broken: str | None = None
        if record != "none":
            try:
                self._recorder = Recorder(training, each_neuron=record == "neurons")
            except Exception as error:
                self._breaks(error, 1)

    def observe(self, result: EpochResult) -> None:
        """Look at the networks after an epoch, before any of them is let go."""
        if self._recorder is None or self._broken is not None:
            return
        try:
            self._recorder.observe(result)
        except Exception as error:
            self._breaks(error, result.epoch)

    def _breaks(self, error: Exception, epoch: int) -> None:
        logger.exception("what networks do cannot be recorded any more")
        self._broken = f"nothing is recorded from epoch {epoch} on: {type(error).__name__}: {error}"

    def artifacts_of(self, members: range) -> tuple[tuple[Artifact, ...], str | None]:
        """The files of a run's networks, and which are left out and why."""
        recorder = self._recorder
        if recorder is None:
            return (), self._broken
        records = [recorder[member] for member in members if member in recorder]
        if not records:
            return (), self._broken
        try:
            files = record_files(records)
        except Exception as error:
            logger.exception("what networks did cannot be written down")
            words = f"nothing is written down: {type(error).__name__}: {error}"
            return (), words if self._broken is None else f"{self._broken}; {words}"
        kept, left_out = [], [] if self._broken is None else [self._broken]
        for name, content in files.items():
            try:
                kept.append(Artifact(name, MEDIA_TYPES[Path(name).suffix], content))
            except ValueError as error:
                left_out.append(str(error))
        return tuple(kept), "; ".join(left_out) or None
