"""The operations of the group “panic”."""

from typing import Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling
from drawbridge.client.shapes import KeyStatus, Venue

DeedKind = Literal["event", "requests", "order", "trade"]


class DeedTold(TypedDict):
    """One thing that was done; `what` is an event's tag, an endpoint, or how an order stands."""

    at_ms: int
    kind: DeedKind
    what: str
    by: str
    through_us: bool
    symbol: str
    side: str
    quantity: str
    price: str
    name: str
    address: str
    times: int


class GapTold(TypedDict):
    """What the exchange could not be asked, and why, as the code of an error."""

    part: str
    code: str
    symbol: str


class LeakWish(TypedDict):
    """Since when: `90m`, `24h` or `7d` before now, or a day or a minute in UTC."""

    since: NotRequired[str]


class PanicWish(TypedDict):
    """What is to be stopped: just one of these."""

    everything: NotRequired[bool]
    exchange: NotRequired[str]
    key: NotRequired[str]
    virtual_key: NotRequired[str]
    cancel_orders: NotRequired[bool]


class StoppedKey(TypedDict):
    """A key whose use was stopped; `was` is how it stood before."""

    id: str
    label: str
    exchange: str
    venue: Venue
    was: KeyStatus


class LeakReportTold(TypedDict):
    """Everything that a key did since a time, newest first."""

    key: str
    since_ms: int
    asked_ms: int
    answered_ms: int | None
    is_whole: bool
    told_orders: int
    told_trades: int
    markets: list[str]
    gaps: list[GapTold]
    deeds: list[DeedTold]


class Stopped(TypedDict):
    """What was stopped: keys, and the ids of virtual keys."""

    keys: list[StoppedKey]
    virtual_keys: list[str]


class PanicOperations:
    """The operations of the group “panic”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def panic(self, wish: PanicWish, *, idempotency_key: str = "") -> Stopped:
        """Stop the use of one's own keys, of one key that may have leaked, or of a virtual key."""
        told: Stopped = self._calling.ask(
            "POST", "/panic", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def ask_leak_report(
        self, key: str, wish: LeakWish | None = None, *, idempotency_key: str = ""
    ) -> LeakReportTold:
        """Ask the exchange what was done with a key; its answer stands in the report later."""
        told: LeakReportTold = self._calling.ask(
            "POST",
            "/keys/{key}/leak-report",
            {"key": key},
            wish=wish,
            idempotency_key=idempotency_key,
        )
        return told

    def get_leak_report(self, key: str) -> LeakReportTold:
        """Tell what a key did since the time that was asked for last."""
        told: LeakReportTold = self._calling.ask("GET", "/keys/{key}/leak-report", {"key": key})
        return told
