"""The service against its own OpenAPI document."""

from contextlib import closing
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from service.api.app import create_app
from service.runs import finish
from service.storage.artifacts import Artifact
from service.storage.leases import Outcome, Verdict
from service.storage.store import Store
from tests.conftest import database, serving, settings_for
from tests.integration.driving import make, take

load_all_checks()
DOCUMENT = create_app(settings_for("postgresql://nobody@nowhere/nothing", Path())).openapi()
OPERATIONS = [result.ok() for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]


@pytest.fixture(scope="module")
def service(migrated_template, postgres_server, tmp_path_factory):
    """A service with a study that has a complete trial with an artifact, so that some requests succeed."""
    data_dir = tmp_path_factory.mktemp("data")
    with database(postgres_server, "contract", migrated_template) as url, closing(Store.open(url)) as store:
        make(store, data_dir, "a", n_trials=3)
        finish(store, take(store), Outcome(Verdict.COMPLETE, 0.5, artifacts=(Artifact("a", "text/csv", b"a\n1\n"),)))
        with serving(settings_for(url, data_dir)) as client:
            yield client


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_whatever_is_asked_is_answered_as_declared(service, operation):
    @settings(max_examples=30, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) | operation.as_strategy())
    def ask(case):
        # Which documents are valid, JSON Schema cannot say in full: low < high, data sets, names of goals.
        case.call_and_validate(base_url=str(service.base_url), excluded_checks=[positive_data_acceptance])

    ask()


def test_every_error_is_declared_as_a_problem_and_nothing_else():
    errors = {
        (path, method, status): list(response["content"])
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
        if int(status) >= 400
    }
    assert set(map(tuple, errors.values())) == {("application/problem+json",)}
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]
    assert {"Problem", "FieldError"} <= DOCUMENT["components"]["schemas"].keys()
    assert ("/v1/studies", "post", "409") in errors
