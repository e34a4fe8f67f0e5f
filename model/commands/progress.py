"""A bar that shows how far a training is."""

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from model.training import EpochResult, Training


class Bar:
    """A bar on a console, from the beginning of a training to the end of the context.

    Args:
        console: Where to show it.
        quiet: Whether to show nothing.
    """

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs{task.fields[accuracy]}"),
            TimeElapsedColumn(),
            console=console,
            disable=quiet,
        )
        self._task: TaskID
        self._begun: float

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._progress.live.is_started:
            self._progress.stop()

    def begin(self, run: "Training") -> None:
        """Show a training by the name of its data."""
        self._begun = time.perf_counter()
        self._task = self._progress.add_task(run.data.name, total=run.config.epochs, completed=run.epoch, accuracy="")
        self._progress.start()

    def advance(self, result: "EpochResult") -> None:
        """Show that an epoch has passed."""
        self._progress.update(
            self._task, completed=result.epoch, accuracy=f", validation accuracy {result.validation_accuracy[0]:.2%}"
        )

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self._begun
