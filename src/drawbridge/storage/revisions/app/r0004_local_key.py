"""A row that only the local key of this database's cluster opens."""

from typing import Final

import sqlalchemy as sa

from drawbridge.storage.columns import BYTES, WHOLE, create_table

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    """Add it; the first process that starts afterwards fills it."""
    create_table(
        "local_key_proof",
        sa.Column("only_row", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("sealed", BYTES, nullable=False),
    )
