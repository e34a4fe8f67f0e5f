"""What things cost: scripts that print one table each."""

import model  # noqa: F401 - it says how torch is to be loaded, and must come before torch
