"""Importances as they are asked for: calculated once, waited for a little, kept until more trials are finished."""

import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass

from service.errors import CalculationError
from service.importances.calculator import Calculator, Estimates
from service.importances.evaluation import Method
from service.importances.sources import Selection, Source

PATIENCE_SECONDS = 2.0
"""So long a request waits for a calculation."""

MOST_KEPT = 256
"""Answers that are kept, those that were asked for last."""

Key = tuple[int, Method]
"""Number of a study in Optuna, and the method."""


@dataclass(frozen=True)
class Answer:
    """What was found, and from which trials; they may be fewer than there are by now."""

    source: Source
    estimates: Estimates


@dataclass(frozen=True)
class _Calculation:
    """One that is going on or done, and what was found before it from fewer trials."""

    source: Source
    future: Future[Estimates]
    before: Answer | None

    @property
    def latest(self) -> Answer | None:
        """What it has found, or else what was found before it."""
        if self.future.done() and self.future.exception() is None:
            return Answer(self.source, self.future.result())
        return self.before


class Answers:
    """Importances of one service's studies, calculated by one process; threads may share it."""

    def __init__(self) -> None:
        self._calculator = Calculator()
        self._lock = threading.Lock()
        self._calculations: OrderedDict[Key, _Calculation] = OrderedDict()

    def ask(self, selection: Selection, method: Method) -> Answer | None:
        """The importances by a method; None while they are calculated.

        While they are, whoever asks of the same study waits for that, however many trials have finished since: else a
        busy study would never have an answer. Until it is there, what was found from fewer trials is the answer.

        Raises:
            NothingToExplainError: If all trials have the same value, or too many for the method.
            CalculationError: If they cannot be calculated; whoever asks next has it tried again.
        """
        key = selection.source.study_number, method
        calculation = self._calculation(key, selection)
        try:
            return Answer(calculation.source, calculation.future.result(PATIENCE_SECONDS))
        except TimeoutError:
            return calculation.before
        except CalculationError:
            self._forget(key, calculation)
            raise

    def _calculation(self, key: Key, selection: Selection) -> _Calculation:
        """The one that is going on, or was of these very trials, or else a new one."""
        with self._lock:
            found = self._calculations.pop(key, None)
            if found is None or (found.future.done() and found.source.n_trials != selection.source.n_trials):
                future = self._calculator.submit(method=key[1], sample=selection.sample)
                found = _Calculation(selection.source, future, None if found is None else found.latest)
            self._calculations[key] = found
            while len(self._calculations) > MOST_KEPT:
                self._calculations.popitem(last=False)
            return found

    def _forget(self, key: Key, failed: _Calculation) -> None:
        with self._lock:
            if self._calculations.get(key) is failed:
                del self._calculations[key]

    def close(self) -> None:
        """End what is being calculated."""
        self._calculator.close()
