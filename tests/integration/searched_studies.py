"""Studies whose trials have accuracies that follow from their goals by a known function, without training anything."""

import numpy as np
import psutil
from optuna.trial import create_trial
from sqlalchemy import select
from sqlalchemy.orm import Session

from model.goal import TERMS
from service.search.space import distributions
from service.storage.tables import Analysis, Study
from tests.integration.driving import complete, make, take_many
from tests.patience import eventually

FACTORS = {"{FCL}": 0.3, "{F}": 0.2, "{L}": 0.12}
"""Of a quadratic; of the variance the weights explain 62 %, 28 % and 10 %."""

INERT = ("{F}{C}", "{FC}", "H_res")

SIX = {term: {"low": -1, "high": 1} if term in FACTORS or term in INERT else 0.0 for term in TERMS}


def accuracy(goal):
    """Highest, 0.8, where each of the three weights that matter is 0.3."""
    weights = goal.as_dict()
    return 0.8 - sum(factor * (weights[term] - 0.3) ** 2 for term, factor in FACTORS.items())


def search(store, how_many, value=accuracy):
    """Finish trials of the only study that has any to give out."""
    while how_many > 0:
        runs = take_many(store, min(how_many, 16))
        assert runs, "nothing to do"
        for run in runs:
            complete(store, run, value(run.goals[0]))
        how_many -= len(runs)


def searched(store, data_dir, how_many, name="study", **changes):
    """A study with finished trials."""
    made = make(store, data_dir, name, **{"n_trials": how_many, "sampler": "sobol", "search_space": SIX, **changes})
    search(store, how_many)
    return made


def told(store, data_dir, how_many, name="study", **changes):
    """A study with complete trials that went through no lease, which takes longer."""
    spec = make(store, data_dir, name, **{"n_trials": how_many + 10, "sampler": "sobol", **changes})
    space = distributions(spec)
    points = np.random.default_rng(0).uniform(-1, 1, (how_many, len(space)))
    store.optuna_study(name).add_trials(
        create_trial(params=(params := dict(zip(space, point, strict=True))), distributions=space, value=_of(params))
        for point in points.tolist()
    )
    return spec


def _of(params):
    return 0.8 - sum((weight - 0.3) ** 2 / (10 * place) for place, weight in enumerate(params.values(), start=1))


def design(store, data_dir, of, how_many, name, **changes):
    """A study that is a design of another one."""
    told(store, data_dir, how_many, name, **changes)
    with Session(store.engine) as session, session.begin():
        ids = dict(session.execute(select(Study.name, Study.id)).all())
        session.add(Analysis(study_id=ids[name], parent_id=ids[of], request={"kind": "design"}, variants=[]))


def importances(api, name="study", **query):
    """The answer, once what is computed is there."""

    def there():
        response = api.get(f"/v1/studies/{name}/importances", params=query)
        return None if response.status_code == 202 else response

    return eventually(there)


def calculators():
    """The processes of this one's services that calculate importances."""
    children = psutil.Process().children()
    return {child for child in children if "spawn_main" in " ".join(child.cmdline())}
