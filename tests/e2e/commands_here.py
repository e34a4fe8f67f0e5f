"""The command `infomorphic` in this process, for what does not need one of its own: torch takes seconds to import."""

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

import torch

from service.cli.main import main


def run(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as `tests.e2e.commands.run` does."""
    out, err, status, threads = io.StringIO(), io.StringIO(), 0, torch.get_num_threads()
    here = patch.dict(os.environ, env, clear=True), patch.object(sys, "argv", ["infomorphic", *arguments])
    with here[0], here[1], redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        finally:
            torch.set_num_threads(threads)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())
