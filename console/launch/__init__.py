"""What `make run`, `make test` and their kin do: prepare an environment, then become the command asked for.

`prepare` is all that runs outside `.venv`; `serve` keeps database and web together; `database` fills the database.
"""
