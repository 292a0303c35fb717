"""A server that speaks the wire formats of the providers, and what tests need around it.

- `dialects`: one wire format each - where a request holds what, and how an answer is written.
- `server`: listens on a loopback port, records every request, answers as scripted.
- `case_set`: three invented cases with real image files.
- `providers`: the models under which Inspect reaches each dialect.
- `fixtures`: pytest fixtures; a test module asks for them with `pytest_plugins = ["wire.fixtures"]`.
"""
