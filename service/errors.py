"""What can go wrong in the service, for callers to tell apart."""


class ServiceError(Exception):
    """Something in the service failed."""


class SettingsError(ServiceError, ValueError):
    """A setting is absent or not valid."""


class EmbeddedPostgresError(ServiceError):
    """The embedded Postgres server could not be made or started."""


class SchemaVersionError(ServiceError):
    """The database's tables are not those of this version; run `infomorphic migrate`."""


class StudyNotFoundError(ServiceError):
    """No study has this name."""


class TrialNotFoundError(ServiceError):
    """The study has no such trial."""


class ArtifactNotFoundError(ServiceError):
    """The trial has no such artifact."""


class NameTakenError(ServiceError):
    """A study of this name exists."""


class TransitionError(ServiceError):
    """A study in this state cannot do this."""


class NotAnalysableError(ServiceError):
    """A study cannot be analysed as it is."""


class AnalysisNotFoundError(ServiceError):
    """The study has no such analysis."""


class NoDesignError(ServiceError):
    """The study has no design whose trials could be used."""


class TooFewTrialsError(ServiceError):
    """There are fewer trials than importances can be told from."""


class NothingToExplainError(ServiceError):
    """All trials came to the same, so that no weight matters more than another."""


class CalculationError(ServiceError):
    """A calculation apart from the requests could not be done."""


class InvalidFieldError(ServiceError):
    """A field of a request is not valid, which only the service's own data could tell.

    Attributes:
        field: Path of the field.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class LeaseLostError(ServiceError):
    """The lease ran out and its run was given to another worker; the result is refused."""


class NotAGoalError(ServiceError, ValueError):
    """Somebody queued a trial with parameters that no goal can have."""
