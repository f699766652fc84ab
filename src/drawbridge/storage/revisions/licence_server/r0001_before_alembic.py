"""What there was before Alembic came.

Nothing is done here: `storage/before_alembic.py` has done it before Alembic is loaded, and left
this number.
"""

from typing import Final

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    """Stand for what was done."""
