"""How Alembic runs our migrations: on the connection it is given, in our schema only."""

from alembic import context

from service.storage.database import SCHEMA
from service.storage.tables import Table


def ours(name: str | None, type_: str, parent_names: object) -> bool:  # noqa: ARG001
    """Whether autogeneration looks at a thing: without this it would drop Optuna's tables."""
    return type_ != "schema" or name == SCHEMA


def run() -> None:
    """Run the migrations on the connection in the configuration's attributes."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Table.metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=ours,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
