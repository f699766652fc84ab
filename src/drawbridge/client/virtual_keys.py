"""The operations of the group “virtual keys”."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import Venue

Outcome = Literal["passed", "told", "refused", "down", "unknown"]


class Restriction(TypedDict):
    """What a virtual key is held to; `number` is how it is called on disk, for ever."""

    number: int
    rule: str
    says: str
    facts: Mapping[str, Any]


class VirtualKeyLimits(TypedDict):
    """What a virtual key is held to; what is left out is not restricted."""

    scopes: NotRequired[list[str]]
    pairs: NotRequired[list[str]]
    order_sides: NotRequired[list[str]]
    order_types: NotRequired[list[str]]
    largest_order: NotRequired[str]
    open_exposure: NotRequired[str]
    day_turnover: NotRequired[str]
    collar: NotRequired[str]
    addresses: NotRequired[list[str]]
    days: NotRequired[list[str]]
    hours: NotRequired[str]
    expires_ms: NotRequired[int | None]
    rate: NotRequired[str]


class VirtualKeyRequest(TypedDict):
    """A request as the log holds it, never its body; `code` and `rule` tell why it was refused."""

    n: int
    time_ms: int
    exchange: str
    venue: Venue
    request: str
    outcome: Outcome
    code: str
    rule: str
    status: int
    took_us: int
    received_bytes: int
    answered_bytes: int
    address: str


class VirtualKeyUse(TypedDict):
    """How often something happened in an hour; `rule` is what refused, empty where it passed."""

    hour_ms: int
    rule: str
    times: int
    last_ms: int


class VirtualKeyWish(TypedDict):
    """A virtual key to be made in front of the real key `key`."""

    scopes: NotRequired[list[str]]
    pairs: NotRequired[list[str]]
    order_sides: NotRequired[list[str]]
    order_types: NotRequired[list[str]]
    largest_order: NotRequired[str]
    open_exposure: NotRequired[str]
    day_turnover: NotRequired[str]
    collar: NotRequired[str]
    addresses: NotRequired[list[str]]
    days: NotRequired[list[str]]
    hours: NotRequired[str]
    expires_ms: NotRequired[int | None]
    rate: NotRequired[str]
    key: str
    label: NotRequired[str]
    code: NotRequired[str]


class VirtualKey(TypedDict):
    """A virtual key without its secret; `public_key` is what a bot sends, `key` stands behind."""

    id: str
    label: str
    exchange: str
    venue: Venue
    key: str
    public_key: str
    restrictions: list[Restriction]
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None
    used_ms: int | None


class VirtualKeyMade(TypedDict):
    """A virtual key just made, told this once: its fields, its address, and texts to paste."""

    virtual_key: VirtualKey
    fields: Mapping[str, str]
    base_url: str
    recipes: Mapping[str, str]


class VirtualKeysOperations:
    """The operations of the group “virtual keys”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_virtual_keys(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[VirtualKey]:
        """List the virtual keys, also revoked ones, oldest first."""
        told: Page[VirtualKey] = self._calling.ask(
            "GET", "/virtual-keys", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def make_virtual_key(
        self, wish: VirtualKeyWish, *, idempotency_key: str = ""
    ) -> VirtualKeyMade:
        """Make a virtual key and tell it this once; a kept answer could not be told again."""
        told: VirtualKeyMade = self._calling.ask(
            "POST", "/virtual-keys", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def get_virtual_key(self, virtual_key: str) -> VirtualKey:
        """Give one virtual key."""
        told: VirtualKey = self._calling.ask(
            "GET", "/virtual-keys/{virtual_key}", {"virtual_key": virtual_key}
        )
        return told

    def narrow_virtual_key(
        self, virtual_key: str, wish: VirtualKeyLimits, *, idempotency_key: str = ""
    ) -> VirtualKey:
        """Hold a virtual key to more than before, at once; to less is not possible."""
        told: VirtualKey = self._calling.ask(
            "POST",
            "/virtual-keys/{virtual_key}/narrow",
            {"virtual_key": virtual_key},
            wish=wish,
            idempotency_key=idempotency_key,
        )
        return told

    def revoke_virtual_key(self, virtual_key: str, *, idempotency_key: str = "") -> VirtualKey:
        """End a virtual key for good, within a second."""
        told: VirtualKey = self._calling.ask(
            "POST",
            "/virtual-keys/{virtual_key}/revoke",
            {"virtual_key": virtual_key},
            idempotency_key=idempotency_key,
        )
        return told

    def list_virtual_key_uses(
        self, virtual_key: str, *, since_ms: int | None = None
    ) -> list[VirtualKeyUse]:
        """Tell how a virtual key was used since then, by the hour and by what refused."""
        told: list[VirtualKeyUse] = self._calling.ask(
            "GET",
            "/virtual-keys/{virtual_key}/uses",
            {"virtual_key": virtual_key},
            query={"since_ms": since_ms},
        )
        return told

    def list_virtual_key_requests(
        self,
        virtual_key: str,
        *,
        outcome: Outcome | None = None,
        rule: str | None = None,
        day: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[VirtualKeyRequest]:
        """List what was asked with a virtual key and what became of it, the newest first."""
        told: Page[VirtualKeyRequest] = self._calling.ask(
            "GET",
            "/virtual-keys/{virtual_key}/requests",
            {"virtual_key": virtual_key},
            query={"outcome": outcome, "rule": rule, "day": day, "limit": limit, "cursor": cursor},
        )
        return told
