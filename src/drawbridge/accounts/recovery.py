"""How many recovery codes a person has left: asked where somebody should be told of it."""

from drawbridge.storage.database import Database


async def count_recovery_codes(database: Database, owner: str) -> int:
    """Count the recovery codes of a person that were not used yet."""
    row = await database.fetch_one(
        "SELECT count(*) AS n FROM recovery_codes WHERE owner = ? AND used_ms IS NULL", owner
    )
    return int(row["n"]) if row else 0
