"""Studies with many finished trials, made in seconds: what a search looks like after days."""

import json

import numpy as np
import optuna
from optuna.distributions import distribution_to_json
from optuna.storages._rdb.models import TrialModel, TrialParamModel, TrialSystemAttributeModel, TrialValueModel
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from service.search.sampler import build_sampler
from service.search.space import distributions
from service.spec import StudySpec
from service.storage.optuna_tables import IN_OPTUNA
from service.storage.store import Store

FINITE = TrialValueModel.TrialValueType.FINITE


def searched(spec: StudySpec, n_trials: int) -> list[FrozenTrial]:
    """Finished trials of the spec's search, on a made-up objective; random ones with TPE, which costs more to ask."""
    study = optuna.create_study(direction="maximize")
    study.sampler = (
        build_sampler(spec.sampler, 0) if spec.sampler.type == "cmaes" else optuna.samplers.RandomSampler(seed=0)
    )
    rng = np.random.default_rng(0)
    space = distributions(spec)
    for _ in range(n_trials):
        trial = study.ask(space)
        study.tell(trial, 0.9 - 0.1 * float(np.mean(np.square(list(trial.params.values())))) + 0.01 * rng.normal())
    return study.get_trials(deepcopy=False)


def copy_into(store: Store, study_id: int, trials: list[FrozenTrial]) -> None:
    """Add finished trials to an Optuna study in the database, without going through Optuna one by one."""
    with Session(store.engine) as session, session.begin():
        rows = [
            {
                "number": t.number,
                "study_id": study_id,
                "state": TrialState.COMPLETE,
                "datetime_start": t.datetime_start,
                "datetime_complete": t.datetime_complete,
            }
            for t in trials
        ]
        if not rows:
            return
        new = insert(TrialModel).returning(TrialModel.trial_id, sort_by_parameter_order=True)
        made = session.execute(new, rows, execution_options=IN_OPTUNA).scalars()
        values, params, attributes = [], [], []
        for trial_id, t in zip(made, trials, strict=True):
            of = {"trial_id": trial_id}
            values.append({**of, "objective": 0, "value": t.value, "value_type": FINITE})
            for name, value in t.params.items():
                written = distribution_to_json(t.distributions[name])
                params.append({**of, "param_name": name, "param_value": value, "distribution_json": written})
            attributes += [{**of, "key": key, "value_json": json.dumps(value)} for key, value in t.system_attrs.items()]
        for model, of_all in (
            (TrialValueModel, values),
            (TrialParamModel, params),
            (TrialSystemAttributeModel, attributes),
        ):
            if of_all:
                session.execute(insert(model), of_all, execution_options=IN_OPTUNA)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
