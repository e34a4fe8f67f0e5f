"""The HTTP service: routes, schemas and access; no logic of its own."""
