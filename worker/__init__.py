"""What trains: Ray actors that lease trials from Postgres and report their results."""

import model  # noqa: F401 - it says how torch is to be loaded, and must come before torch
