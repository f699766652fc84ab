"""The store on a PostgreSQL server: for an operator with many processes on many machines.

The same two faces as on a file, `Database` and `RowJournal`; nothing else of the house knows which
one it has. Its drivers come with the extra `cluster`.
"""
