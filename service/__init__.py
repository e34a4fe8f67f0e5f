"""What teams talk to: studies over HTTP, kept in Postgres."""
