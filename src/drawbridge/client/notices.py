"""The operations of the group “notices”."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling, Page

Channel = Literal["page", "mail", "telegram", "webhook"]
NoticeKind = Literal[
    "robot_started",
    "robot_stopped",
    "robot_paused",
    "robot_resumed",
    "robot_decided",
    "order_filled",
    "order_refused",
    "order_unknown",
    "foreign_orders",
    "foreign_trades",
    "key_checked",
    "key_invalid",
    "key_refused",
    "key_expiring",
    "key_expired",
    "key_frozen",
    "keys_frozen",
    "key_leaked",
    "key_halted",
    "key_rights_grew",
    "key_replacement_failed",
    "key_replacement_asks",
    "key_replaced",
    "exchange_unreachable",
    "exchange_back",
    "exchange_closed",
    "limit_hit",
    "licence_trouble",
    "licence_back",
    "stop_on",
    "stop_off",
    "signal_refused",
    "backtest_finished",
    "delivery_given_up",
    "daily_summary",
    "order_asked",
    "act_proposed",
    "test",
]


class NoticeTold(TypedDict):
    """A notice; it stands for `count` equal ones."""

    id: int
    kind: NoticeKind
    subject: str
    title: str
    reason: str
    facts: Mapping[str, Any]
    count: int
    at_ms: int
    last_ms: int
    is_read: bool


class SummaryTold(TypedDict):
    """When the daily summary is told, `HH:MM` in UTC; empty when it is not."""

    summary: str


class SummaryWish(TypedDict):
    """When the daily summary is to be told, `HH:MM` in UTC; empty for never."""

    at: str


class Unread(TypedDict):
    """How many notices nobody has seen."""

    unread: int


class WaySet(TypedDict):
    """What was set; `secret` is what a webhook's new receiver checks signatures with, this once."""

    way: Channel
    is_on: bool
    secret: str | None


class WayTold(TypedDict):
    """Where notices go by one channel, and which kinds."""

    way: Channel
    is_on: bool
    to: str
    kinds: list[NoticeKind]


class WayWish(TypedDict):
    """Where notices are to go by one channel, and which kinds; `page` has kinds only."""

    way: Channel
    to: NotRequired[str]
    is_on: NotRequired[bool]
    kinds: NotRequired[list[str] | None]
    code: str


class WaysTold(TypedDict):
    """All ways out; `summary` is when the daily summary is told, `HH:MM` in UTC, or empty."""

    ways: list[WayTold]
    summary: str


class NoticesOperations:
    """The operations of the group “notices”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_notices(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[NoticeTold]:
        """List notices, newest first."""
        told: Page[NoticeTold] = self._calling.ask(
            "GET", "/notices", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def count_unread(self) -> Unread:
        """Count what nobody has seen."""
        told: Unread = self._calling.ask("GET", "/notices/unread", {})
        return told

    def mark_read(self, *, idempotency_key: str = "") -> Unread:
        """Count everything as seen."""
        told: Unread = self._calling.ask(
            "POST", "/notices/read", {}, idempotency_key=idempotency_key
        )
        return told

    def list_notice_ways(self) -> WaysTold:
        """Tell where notices go, and which kinds."""
        told: WaysTold = self._calling.ask("GET", "/notices/ways", {})
        return told

    def set_notice_way(self, wish: WayWish, *, idempotency_key: str = "") -> WaySet:
        """Choose where notices go by a channel, and which kinds."""
        told: WaySet = self._calling.ask(
            "POST", "/notices/ways", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def set_notice_summary(self, wish: SummaryWish, *, idempotency_key: str = "") -> SummaryTold:
        """Choose when the daily summary is told."""
        told: SummaryTold = self._calling.ask(
            "POST", "/notices/summary", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told
