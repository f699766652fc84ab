"""The operations of the group “keys”."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import CodeGiven, KeyStatus, Reason, Scope, Venue

Proof = Literal["order", "dry_run", "skip"]
Step = Literal[
    "format", "clock", "rights", "verdict", "balance", "probe_placed", "probe_cancelled", "done"
]
StepState = Literal["running", "ok", "failed", "skipped"]


class CheckStepTold(TypedDict):
    """One step of a check; `facts` tell how it ended, also where there is no `reason`."""

    step: Step
    state: StepState
    reason: Reason | None
    facts: Mapping[str, Any]
    at_ms: int


class CheckWish(TypedDict):
    """How a check is to prove the right to trade."""

    proof: NotRequired[Proof]


class Key(TypedDict):
    """A key without its secrets; `public_key` is its name at the exchange."""

    id: str
    label: str
    exchange: str
    venue: Venue
    public_key: str
    status: KeyStatus
    reason: Reason | None
    scopes: list[Scope]
    created_ms: int
    checked_ms: int | None
    expires_ms: int | None
    check_requested_ms: int | None


class KeyWish(TypedDict):
    """A key to be added, by the fields that `/exchanges/{exchange}` lists."""

    exchange: str
    venue: NotRequired[Venue]
    label: NotRequired[str]
    proof: NotRequired[Proof]
    fields: Mapping[str, str]
    code: str


class CheckTold(TypedDict):
    """The last check of a key; number 0 where there was none yet."""

    number: int
    is_done: bool
    steps: list[CheckStepTold]
    remarks: list[Reason]


class KeyAdded(TypedDict):
    """A key just stored."""

    key: Key
    cleaned: list[str]
    seen_before: bool


class KeysOperations:
    """The operations of the group “keys”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_keys(self, *, limit: int | None = None, cursor: str | None = None) -> Page[Key]:
        """List the keys in the order in which they were added."""
        told: Page[Key] = self._calling.ask(
            "GET", "/keys", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def add_key(self, wish: KeyWish, *, idempotency_key: str = "") -> KeyAdded:
        """Store a key and have it checked."""
        told: KeyAdded = self._calling.ask(
            "POST", "/keys", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def get_key(self, key: str) -> Key:
        """Give one key."""
        told: Key = self._calling.ask("GET", "/keys/{key}", {"key": key})
        return told

    def get_check(self, key: str) -> CheckTold:
        """Give the last check of a key with its steps; while it runs, look again."""
        told: CheckTold = self._calling.ask("GET", "/keys/{key}/check", {"key": key})
        return told

    def request_check(
        self, key: str, wish: CheckWish | None = None, *, idempotency_key: str = ""
    ) -> Key:
        """Ask for a key to be checked anew."""
        told: Key = self._calling.ask(
            "POST", "/keys/{key}/check", {"key": key}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def disable_key(self, key: str, *, idempotency_key: str = "") -> Key:
        """Switch a key off; from now on nothing crosses with it."""
        told: Key = self._calling.ask(
            "POST", "/keys/{key}/disable", {"key": key}, idempotency_key=idempotency_key
        )
        return told

    def enable_key(self, key: str, wish: CodeGiven, *, idempotency_key: str = "") -> Key:
        """Switch a key on again; it is checked before it is used."""
        told: Key = self._calling.ask(
            "POST", "/keys/{key}/enable", {"key": key}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def delete_key(self, key: str, wish: CodeGiven, *, idempotency_key: str = "") -> None:
        """Erase a key's secrets and take it out of every list; no robot may work with it."""
        self._calling.ask(
            "POST", "/keys/{key}/delete", {"key": key}, wish=wish, idempotency_key=idempotency_key
        )
