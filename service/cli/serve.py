"""`infomorphic api` and `infomorphic migrate`: the parts of the service as processes of their own."""

from contextlib import suppress
from typing import Annotated

import typer

from model.loopback import is_loopback
from service.cli.database import require_database
from service.cli.listening import listen
from service.cli.output import Json, console, print_json
from service.errors import SettingsError
from service.hosts import service_url
from service.settings import Settings

SHUTDOWN_SECONDS = 10
"""What is being answered when the service stops gets this long."""


def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on; any but loopback needs API_KEY.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
    as_json: Json = False,
) -> None:
    """Serve the API and the dashboard until stopped; needs DATABASE_URL."""
    import uvicorn

    from service.api.app import create_app

    settings = Settings()
    settings = settings.model_copy(update={"host": host or settings.host, "port": port or settings.port})
    require_key_for_others(settings)
    require_database(settings)
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), log_level="warning", timeout_graceful_shutdown=SHUTDOWN_SECONDS)
    )
    sockets = listen(settings.host, settings.port)
    url = service_url(settings.host, settings.port)
    if as_json:
        print_json({"url": url})
    else:
        console.print(f"Serving at {url}", markup=False)
    with suppress(KeyboardInterrupt):  # uvicorn raises it once it has ended in order
        server.run(sockets)


def require_key_for_others(settings: Settings) -> None:
    """Check that other machines are served only with an API key.

    Raises:
        SettingsError: If they would be served without.
    """
    if settings.api_key is None and not is_loopback(settings.host):
        raise SettingsError(
            f"{settings.host} can be reached from other machines, and API_KEY is not set: "
            "set API_KEY, or listen on 127.0.0.1"
        )


def migrate(as_json: Json = False) -> None:
    """Make or upgrade the tables in the database that DATABASE_URL names."""
    from service.storage.schema import head_revision
    from service.storage.schema import migrate as migrate_database

    migrate_database(require_database(Settings()))
    revision = head_revision()
    if as_json:
        print_json({"revision": revision})
    else:
        console.print(f"The database is at revision {revision}.")
