"""The operations of the group “audit”."""

from collections.abc import Mapping
from typing import Any, TypedDict

from drawbridge.client.calling import Calling, Page


class Event(TypedDict):
    """An event; `tag` is a stable name, `subject` the id of what it is about."""

    id: int
    at_ms: int
    tag: str
    subject: str
    facts: Mapping[str, Any]


class Verification(TypedDict):
    """A chain that is whole: how many events it has, and the hash of the last one."""

    events: int
    head: str


class AuditOperations:
    """The operations of the group “audit”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_audit(self, *, limit: int | None = None, cursor: str | None = None) -> Page[Event]:
        """List events, newest first."""
        told: Page[Event] = self._calling.ask(
            "GET", "/audit", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def verify_audit(self) -> Verification:
        """Follow the whole chain of hashes; a broken one is the error `audit_chain_broken`."""
        told: Verification = self._calling.ask("GET", "/audit/verification", {})
        return told
