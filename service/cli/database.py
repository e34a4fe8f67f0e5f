"""The database that a command is told to use, and `infomorphic database`, which tells where it is."""

from service.cli.output import Json, console, print_json
from service.settings import Settings


def require_database(settings: Settings) -> str:
    """The database's URL, with its password; whether a server answers there is not tried.

    Raises:
        SettingsError: If none is set, or it is not the URL of a Postgres database.
    """
    from service.storage.database import parse_url

    url = settings.require_database_url()
    parse_url(url)
    return url


def database(as_json: Json = False) -> None:
    """Print the database's address for psql, and for optuna.load_study; it has the password in it."""
    from service.storage.embedded.address import last_url
    from service.storage.embedded.location import state_directory
    from service.storage.optuna_storage import optuna_url

    settings = Settings()
    url = require_database(settings) if settings.database_url else last_url(state_directory() / "postgres")
    if as_json:
        print_json({"postgres": url, "optuna": optuna_url(url)})
    else:
        console.print(f"Postgres  {url}", markup=False, soft_wrap=True)
        console.print(f"Optuna    {optuna_url(url)}", markup=False, soft_wrap=True)
