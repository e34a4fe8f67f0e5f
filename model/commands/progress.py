"""A bar that shows how far a training is."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from model.training import EpochResult


class Bar:
    """A bar on a console, from the beginning of a training to the end of the context.

    Args:
        name: What to call it.
        before: Epochs that it has had.
        epochs: Epochs that it will have had in the end.
        console: Where to show it.
        quiet: Whether to show nothing.
    """

    def __init__(self, name: str, before: int, epochs: int, console: Console, *, quiet: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs, validation accuracy {task.fields[accuracy]}"),
            TimeElapsedColumn(),
            console=console,
            disable=quiet,
        )
        self._task = self._progress.add_task(name, total=epochs, completed=before, accuracy="–")

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._progress.live.is_started:
            self._progress.stop()

    def begin(self) -> None:
        """Show it."""
        self._progress.start()

    def advance(self, result: "EpochResult") -> None:
        """Show that an epoch has passed."""
        self._progress.update(self._task, completed=result.epoch, accuracy=f"{result.validation_accuracy[0]:.2%}")
