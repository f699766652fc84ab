"""Tables and columns for revisions, as our SQL expects them on SQLite and PostgreSQL alike.

For `revisions/` alone: nothing else of ours speaks to SQLAlchemy.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

WHOLE: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A whole number of up to 64 bits; also yes and no, as 1 and 0."""

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""A text that is compared and sorted by its bytes."""

BYTES: Final = sa.LargeBinary()


def create_table(name: str, *parts: "sa.Column[object] | sa.Constraint") -> None:
    """Make a table that refuses what its columns are not meant to hold."""
    op.create_table(name, *parts, sqlite_strict=True)
