"""The operations of the group “keys”."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import CodeGiven, KeyStatus, Proof, Reason, Scope, Side, Venue

Dated = Literal["", "exchange", "owner", "adding"]
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


class ForeignTradeTold(TypedDict):
    """A trade on a key's account that was not made from here; ids are the exchange's."""

    key_id: str
    symbol: str
    trade_id: str
    order_id: str
    side: Side
    quantity: str
    price: str
    time_ms: int
    seen_ms: int


class KeyLifeTold(TypedDict):
    """What a key's owner chose, and from where its end is known."""

    made_ms: int | None
    dated: Dated
    pause_before_ms: int
    closes: bool
    watched: bool


class KeyWish(TypedDict):
    """A key to be added, by the fields that `/exchanges/{exchange}` lists."""

    exchange: str
    venue: NotRequired[Venue]
    label: NotRequired[str]
    proof: NotRequired[Proof]
    made: NotRequired[str]
    fields: Mapping[str, str]
    code: str


class LifeChange(TypedDict):
    """What is to change; what is left out stays as it is."""

    made: NotRequired[str | None]
    pause_days: NotRequired[int | None]
    closes: NotRequired[bool | None]
    watched: NotRequired[bool | None]


class CheckTold(TypedDict):
    """The last check of a key; number 0 where there was none yet."""

    number: int
    is_done: bool
    steps: list[CheckStepTold]
    remarks: list[Reason]


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
    pauses_ms: int | None
    account_hint: str
    life: KeyLifeTold


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

    def change_key_life(self, key: str, wish: LifeChange, *, idempotency_key: str = "") -> Key:
        """Say when a key was made, how long before its end robots pause, and what is watched."""
        told: Key = self._calling.ask(
            "POST", "/keys/{key}/life", {"key": key}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def list_foreign_trades(
        self, key: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[ForeignTradeTold]:
        """List the trades on a key's account that were not made from here, newest first."""
        told: Page[ForeignTradeTold] = self._calling.ask(
            "GET",
            "/keys/{key}/foreign-trades",
            {"key": key},
            query={"limit": limit, "cursor": cursor},
        )
        return told
