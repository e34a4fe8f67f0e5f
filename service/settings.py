"""Settings of a process: read once from the environment in a `main`, then passed on."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from model.data.directory import default_directory
from service.errors import SettingsError
from service.hosts import service_url

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _sendable(key: SecretStr) -> SecretStr:
    """The key without white space around it, as the end of a line in a file may leave there."""
    stripped = key.get_secret_value().strip()
    if not stripped or not all("!" <= character <= "~" for character in stripped):
        # Without the key itself: the message is printed.
        raise ValueError("a key has only visible ASCII characters, at least one, and no space within")
    return SecretStr(stripped)


def _own_url(settings: dict[str, Any]) -> str:
    """Where the service listens; without a valid host and port there are no settings anyway."""
    return service_url(settings.get("host", ""), settings.get("port", 0))


ApiKey = Annotated[SecretStr, AfterValidator(_sendable)]


class Settings(BaseSettings):
    """What a process may be told by its environment.

    `DATABASE_URL` and `API_KEY` are read under these names, everything else with the prefix `INFOMORPHIC_`, such as
    `INFOMORPHIC_DATA_DIR`.

    Attributes:
        database_url: A Postgres server, `postgresql://user:password@host:port/database`; without one `infomorphic up`
            starts its own.
        api_key: When set, every route but health needs it; visible ASCII, which every HTTP client can send.
        host: Address the HTTP service listens on; any but loopback needs an API key.
        port: Port the HTTP service listens on.
        data_dir: Where data sets are looked for, and downloaded to.
        url: Where the command line finds the service; by default at `host` and `port`.
        lease_seconds: A run whose worker was not heard from for so long is given to another.
        poll_seconds: How long an idle worker waits before it looks for work again.
        workers: Ray actors to keep alive.
        worker_cpus: CPUs that each asks Ray for, and threads that it computes with.
        worker_gpus: GPUs, or the fraction of one, that each asks Ray for; above 0 it computes on the GPU.
        ray_address: A Ray cluster to join; `local` starts a private one.
    """

    model_config = SettingsConfigDict(
        env_prefix="INFOMORPHIC_", frozen=True, populate_by_name=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    api_key: ApiKey | None = Field(default=None, validation_alias="API_KEY")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    data_dir: Path = Field(default_factory=default_directory)
    url: str = Field(default_factory=_own_url)
    lease_seconds: Seconds = 60.0
    poll_seconds: Seconds = 1.0
    workers: Annotated[int, Field(ge=1, le=10_000)] = 2
    worker_cpus: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    worker_gpus: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    ray_address: str = "local"

    def require_database_url(self) -> str:
        """The database's URL, with its password.

        Raises:
            SettingsError: If none is set.
        """
        if self.database_url is None:
            raise SettingsError("DATABASE_URL is not set; `infomorphic up` starts a database of its own")
        return self.database_url.get_secret_value()
