"""What trains: Ray actors that lease trials from Postgres and report their results."""
