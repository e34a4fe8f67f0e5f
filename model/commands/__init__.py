"""The commands of the model, which no service is needed for: `infomorphic train`, `evaluate` and `goal`."""
