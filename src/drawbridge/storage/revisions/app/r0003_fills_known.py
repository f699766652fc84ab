"""Which orders lack executions is found without going through all that ever filled."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from drawbridge.storage.columns import TEXT

revision: Final = "0003"
down_revision: Final = "0002"


def upgrade() -> None:
    """Add how much of each order its fills on disk are known to add up to."""
    op.add_column("orders", sa.Column("known_filled", TEXT, nullable=False, server_default="0"))
    op.execute(
        "CREATE INDEX orders_not_added_up ON orders (intended_ms) WHERE filled <> known_filled"
    )
