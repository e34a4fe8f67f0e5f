"""Postgres: our tables, their queries, and Optuna's storage beside them."""
