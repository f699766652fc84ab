"""Backups, told and no more: how long ago the last one was, and which there were.

They are made, looked through and put back on the machine itself: over the network, everything that
this house holds would go to whoever has a token.
"""

from fastapi import APIRouter

from drawbridge.app.backup_records import Backup
from drawbridge.entrypoints.api.caller import Keeper
from drawbridge.entrypoints.api.shapes import Moment, Told

router = APIRouter(tags=["backups"])


class BackupTold(Told):
    """A backup; `name` is empty where a browser took it, `fingerprint` that of its recovery key."""

    made_ms: Moment
    name: str
    size_bytes: int
    digest: str
    fingerprint: str


class Backups(Told):
    """Backups, the newest first; without a recovery key, none can be made."""

    recovery_key_made_ms: Moment | None
    backups: list[BackupTold]


@router.get("/backups")
async def list_backups(caller: Keeper) -> Backups:
    """Tell which backups were made; for owners of the house only."""
    kept = await caller.house.safe_keeping.read_kept()
    made = await caller.house.safe_keeping.list_backups()
    return Backups(
        recovery_key_made_ms=kept.recovery_made_ms, backups=[_tell_backup(it) for it in made]
    )


def _tell_backup(made: Backup) -> BackupTold:
    return BackupTold(
        made_ms=made.made_ms,
        name=made.name,
        size_bytes=made.size_bytes,
        digest=made.digest,
        fingerprint=made.fingerprint,
    )
