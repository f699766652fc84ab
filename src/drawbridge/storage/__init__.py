"""Durable storage on SQLite: one database per state folder, a group-committing journal, schemas.

What the tables mean stands in the features' own `store.py`; here is only how rows get on disk.
"""
