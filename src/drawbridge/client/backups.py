"""The operations of the group “backups”."""

from typing import TypedDict

from drawbridge.client.calling import Calling


class BackupTold(TypedDict):
    """A backup; `name` is empty where a browser took it, `fingerprint` that of its recovery key."""

    made_ms: int
    name: str
    size_bytes: int
    digest: str
    fingerprint: str


class Backups(TypedDict):
    """Backups, the newest first; without a recovery key, none can be made."""

    recovery_key_made_ms: int | None
    backups: list[BackupTold]


class BackupsOperations:
    """The operations of the group “backups”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_backups(self) -> Backups:
        """Tell which backups were made; for owners of the house only."""
        told: Backups = self._calling.ask("GET", "/backups", {})
        return told
