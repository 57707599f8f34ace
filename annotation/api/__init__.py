"""REST API: thin callers of the same functions as pages and commands. `docs/api.md` describes it."""
