"""The command `infomorphic` as a process: run to its end, or kept running and watched with all that it starts."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.patience import eventually

INFOMORPHIC = str(Path(sys.executable).parent / "infomorphic")
MARK = "INFOMORPHIC_TEST_MARK"


def environment(**changes: str) -> dict[str, str]:
    """Our own environment without what would tell `infomorphic` or Ray anything, and these changes."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "API_KEY"} and not name.startswith(("INFOMORPHIC_", "RAY_"))
    }
    return {**ours, "COLUMNS": "200", **changes}


def run(*arguments: str, env: Mapping[str, str], stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [INFOMORPHIC, *arguments]
    return subprocess.run(command, env=env, input=stdin, capture_output=True, text=True, timeout=240, check=False)


class Running:
    """A command that runs until it is stopped.

    What it starts is known by a mark in the environment, whoever its parent is by then; the embedded Postgres, whose
    environment is emptied, by its data directory; Ray's agents, which lose theirs, by their parent while it lives.
    """

    def __init__(self, *arguments: str, env: Mapping[str, str]) -> None:
        self.mark = uuid.uuid4().hex
        self._seen: set[psutil.Process] = set()
        self._state = env.get("INFOMORPHIC_STATE_DIR")
        self._directory = Path(tempfile.mkdtemp(prefix="infomorphic-test-"))
        self.out, self.err = self._directory / "out", self._directory / "err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [INFOMORPHIC, *arguments],
                env={**env, MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def family(self) -> list[psutil.Process]:
        """Every living process that it started, itself included."""
        marked = [process for process in psutil.process_iter() if self._started(process)]
        for process in marked:
            with suppress(psutil.Error):
                self._seen.update([process, *process.children(recursive=True)])
        return [process for process in self._seen if self._lives(process)]

    @staticmethod
    def _lives(process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        return False

    def _started(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            if process.environ().get(MARK) == self.mark:
                return True
            command = process.cmdline()
            return bool(self._state and command) and "postgres" in command[0] and any(self._state in w for w in command)
        return False

    def named(self, word: str) -> list[psutil.Process]:
        """The processes of its family with this word in their command line."""
        found = []
        for process in self.family():
            with suppress(psutil.Error):
                if word in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def actors(self) -> list[psutil.Process]:
        """The Ray actors that train; each is called by what it is doing."""
        return self.named("ray::Worker")

    def await_json(self) -> Any:
        """The one document on its standard output, once it is there."""
        return eventually(self._json, 120)

    def _json(self) -> Any:
        assert self.running, f"it ended with {self.process.returncode}: {self.err.read_text()}"
        with suppress(ValueError):
            return json.loads(self.out.read_text())
        return None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(120)

    def clear(self) -> None:
        """Stop it, and whatever a failed test left of it."""
        if self.running:
            self.signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
        for process in self.family():
            with suppress(psutil.Error):
                process.kill()
        if self.running:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self._directory)
