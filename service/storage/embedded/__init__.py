"""A real Postgres server from a wheel, for machines that have none."""
