"""One process of the stack, watched over."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from service.lifeline import end_with
from service.storage.embedded.log import last_lines, open_log

STOP_SECONDS = 20.0
RESTART_SECONDS = 1.0
LONGEST_RESTART_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A process that lived so long is started again after `RESTART_SECONDS`; one that did not, ever later."""


class Part:
    """A process of ours: restarted when it dies, ended with us even on kill -9.

    Args:
        name: The `infomorphic` command that it runs.
        environment: What it is told besides our own environment.
        log: Where its output goes.
    """

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._environment = {**os.environ, **environment}
        self._pause = RESTART_SECONDS / 2
        self._died_at: float | None = None
        self._replaced_at: float | None = None
        self._process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._spawned_at = time.monotonic()
        self._died_at = self._replaced_at = None
        with open_log(self.log) as output:
            self._log_began_at = self.log.stat().st_size
            return subprocess.Popen(
                [sys.executable, "-m", "service.cli", self.name],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C at the terminal is for us alone; we stop it in order
                preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 - no other thread runs here, and it only calls prctl
            )

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def mend(self) -> bool:
        """Start the process again a moment after it died, or once it ended to be replaced; whether it had died."""
        now = time.monotonic()
        if self._replaced_at is not None:
            if not self.alive:
                self._process = self._spawn()
            elif now - self._replaced_at > STOP_SECONDS:
                self._process.kill()
            return False
        if self.alive:
            return False
        if self._died_at is None:
            self._died_at = now
            steady = now - self._spawned_at > STEADY_SECONDS
            self._pause = RESTART_SECONDS if steady else min(2 * self._pause, LONGEST_RESTART_SECONDS)
        if now - self._died_at < self._pause:
            return False
        self._process = self._spawn()
        return True

    def tell(self, environment: dict[str, str]) -> None:
        """Have the process replaced by one that is told this, if it is anything new; does not wait for that."""
        if environment.items() <= self._environment.items():
            return
        self._environment.update(environment)
        self._replaced_at = time.monotonic()
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Ask the process to end, and end it when it does not."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """The end of its output since it was last started."""
        return last_lines(self.log, self._log_began_at)
