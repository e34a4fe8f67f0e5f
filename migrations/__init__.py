"""Alembic migrations of our own tables; Optuna migrates its own, in a schema of its own."""
