"""Trainings gone on with in a process of their own: python -m tests.reference.resumed_trainings DIRECTORY EPOCHS.

Every checkpoint in the directory is trained for so many more epochs and written beside itself, as NAME, resumed; the
validation accuracies are printed as JSON, by name.
"""

import json
import sys
from pathlib import Path

from model.checkpoints import resume, save
from tests.trainings import data, trained


def resumed(directory, epochs):
    run = resume(directory, data())
    accuracies = trained(run, epochs)
    save(run, directory.with_name(f"{directory.name}, resumed"))
    return accuracies


if __name__ == "__main__":
    found = {path.name: resumed(path, int(sys.argv[2])) for path in sorted(Path(sys.argv[1]).iterdir())}
    sys.stdout.write(json.dumps(found))
