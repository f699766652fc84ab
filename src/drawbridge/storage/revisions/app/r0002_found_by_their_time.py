"""Indexes by which work is found that is due, however many accounts there are."""

from typing import Final

from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"

_ACCOUNT: Final = "(CASE WHEN account_hint <> '' THEN account_hint ELSE kin END)"


def upgrade() -> None:
    """Add them."""
    op.execute(
        "CREATE INDEX portfolios_wished ON portfolios (asked_ms)"
        " WHERE asked_ms > as_of_ms AND problem = ''"
    )
    op.execute(
        f"CREATE INDEX keys_of_account ON keys (owner, exchange, venue, {_ACCOUNT})"
        " WHERE deleted_ms IS NULL"
    )
    op.execute(
        "CREATE INDEX keys_by_end ON keys (expires_ms)"
        " WHERE deleted_ms IS NULL AND expires_ms IS NOT NULL"
    )
