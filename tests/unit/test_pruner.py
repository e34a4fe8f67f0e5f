"""What a pruner that is named in a spec does, in Optuna."""

import optuna
import pytest
from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner, PatientPruner

from service.search.pruner import build_pruner
from service.spec import StudySpec


@pytest.mark.parametrize(
    ("given", "pruner"),
    [
        (None, NopPruner),
        ("median", MedianPruner),
        ({"type": "hyperband", "reduction_factor": 2}, HyperbandPruner),
        ({"type": "patience", "patience": 3}, PatientPruner),
    ],
)
def test_a_pruner_is_named_in_the_spec(given, pruner):
    spec = StudySpec.model_validate({"name": "study", "pruner": given})

    assert type(build_pruner(spec)) is pruner


@pytest.mark.parametrize(("min_delta", "ends"), [(0.0, True), (0.125, True), (0.25, False)])
def test_patience_puts_up_with_so_much_less_than_the_best(min_delta, ends):
    pruner = {"type": "patience", "patience": 1, "min_delta": min_delta}
    study = optuna.create_study(direction="maximize")
    trial = study.ask()
    for epoch, accuracy in enumerate((0.75, 0.5, 0.5)):
        trial.report(accuracy, epoch)

    pruned = build_pruner(StudySpec.model_validate({"name": "study", "pruner": pruner})).prune(study, study.trials[0])

    assert pruned is ends
