"""What Alembic runs for each folder: its revisions, on our connection and in our transaction."""

from alembic import context

_GIVEN = context.config.attributes

context.configure(connection=_GIVEN["connection"], version_table=_GIVEN["version_table"])
context.run_migrations()
