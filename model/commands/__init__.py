"""The commands that compute: `infomorphic train` and `infomorphic evaluate`."""
