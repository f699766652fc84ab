"""Changes of the tables, as Alembic's revisions: one folder for each part of a schema."""
