"""The REST API: what the pages do, for programs, under `/api/v1` of the process with the pages.

A bearer token with few rights in place of a session. Everything is done by the services that
pages and commands call; the only types of pydantic that there are stand in here.
"""
