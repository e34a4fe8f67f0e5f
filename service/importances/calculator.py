"""A process that calculates, so that no request waits for Python's lock while another's forests grow."""

import logging
import multiprocessing
import os
import signal
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import optuna

from service.errors import CalculationError, ServiceError
from service.importances.evaluation import Estimate, Method, Sample, evaluate

ATTEMPTS = 2
"""A process that was killed, as by the kernel for want of memory, is replaced once."""

SPAWN = multiprocessing.get_context("spawn")

Estimates = tuple[Estimate, ...]

logger = logging.getLogger(__name__)


class Calculator:
    """The process, started when first needed; one calculation at a time. It ends with the service, however that ends.

    A pool of `concurrent.futures` would not end on kill -9 of the service, nor before its calculation is done.
    """

    def __init__(self) -> None:
        self._queue = ThreadPoolExecutor(max_workers=1, thread_name_prefix="importances")
        self._lock = threading.Lock()
        self._closed = False
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    def submit(self, method: Method, sample: Sample) -> Future[Estimates]:
        """What `evaluation.evaluate` says and raises, from the other process, once it is this one's turn.

        The future has a `CalculationError` if the process was killed and so was its successor, if it failed, or if it
        is closed.
        """
        return self._queue.submit(self._evaluate, method, sample)

    def _evaluate(self, method: Method, sample: Sample) -> Estimates:
        for _ in range(ATTEMPTS):
            try:
                connection = self._connect()
                connection.send((method, sample))
                answer: Estimates | ServiceError = connection.recv()
            except (EOFError, OSError):
                self._end()
                if not self._closed:
                    logger.warning("the process that calculates importances was killed")
                continue
            if isinstance(answer, ServiceError):
                raise answer
            return answer
        raise CalculationError(f"the process that calculates importances was killed {ATTEMPTS} times; try again")

    @property
    def process_id(self) -> int | None:
        """Of the process, while there is one."""
        process = self._process
        return None if process is None else process.pid

    def _start(self) -> Connection:
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=_serve, args=(theirs,), name="importances", daemon=True)
        try:
            process.start()
        except OSError as error:
            ours.close()
            raise CalculationError(f"the process that calculates importances cannot be started: {error}") from error
        finally:
            theirs.close()  # the copy that is ours: the child's shall be the last, and close when it dies
        self._process, self._connection = process, ours
        return ours

    def _connect(self) -> Connection:
        with self._lock:
            if self._closed:
                raise CalculationError("the service is stopping")
            return self._connection or self._start()

    def _end(self) -> None:
        with self._lock:
            if self._process is not None and self._connection is not None:
                self._process.kill()
                self._process.join()
                self._connection.close()
            self._process = self._connection = None

    def close(self) -> None:
        """End the process, in the middle of a calculation too, and drop what waits for its turn."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()
        self._queue.shutdown()
        self._end()


def _serve(connection: Connection) -> None:
    """What the process does: answer until whoever asks is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the terminal is for the service, which ends us
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it tells of every study in memory
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        while True:
            method, sample = connection.recv()
            connection.send(_answer(method, sample))
    except (EOFError, OSError):
        return


def _answer(method: Method, sample: Sample) -> Estimates | ServiceError:
    try:
        return evaluate(method, sample)
    except ServiceError as error:
        return error
    except Exception:  # whatever it is, the service's log shall have it, not this process' end
        return CalculationError(f"importances could not be calculated\n{traceback.format_exc()}")


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
