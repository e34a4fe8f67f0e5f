"""A save killed at each of its operations on files: python -m tests.reference.killed_saving DIRECTORY.

The directory holds a checkpoint after one epoch. For every operation a copy of it is written over with one after two
epochs, by a process that is killed as that operation begins; printed is how many there were.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from model.checkpoints import save
from tests.trainings import trained, training


def killed(run, directory, operation):
    """Whether a save was killed before this operation; not if it has fewer."""
    process = os.fork()
    if not process:
        seen = 0

        def watch(event, _arguments):
            nonlocal seen
            if event in {"open", "os.rename", "os.remove", "os.mkdir", "os.scandir", "os.listdir"}:
                if seen == operation:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

        sys.addaudithook(watch)
        save(run, directory)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    before = Path(sys.argv[1])
    run = training(members=2)
    trained(run, 2)
    operation = 0
    while True:
        copy = before.with_name(f"killed-{operation}")
        shutil.copytree(before, copy)
        if not killed(run, copy, operation):
            break
        operation += 1
    sys.stdout.write(str(operation))
