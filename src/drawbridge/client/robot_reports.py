"""The operations of the group “robot reports”."""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import Reason, Side, Trade

Action = Literal["buy", "sell", "close"]
DecisionState = Literal["asked", "open", "leaving", "done", "refused", "dropped"]


class CandleTold(TypedDict):
    """A candle that a robot has seen."""

    open_time_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str


class DecisionTold(TypedDict):
    """An order that a robot decided on; without a price, at market."""

    key_id: str
    tag: str
    moment_ms: int
    side: Side
    quantity: str
    price: str | None
    reduces: bool
    attempt: int
    state: DecisionState
    reason: Reason | None
    client_id: str


class EquityTold(TypedDict):
    """What a robot was worth at a moment, in quote currency."""

    time_ms: int
    equity: str


class FiguresTold(TypedDict):
    """How a robot did; what is not defined is null."""

    is_simulated: bool
    held: str
    cost: str
    last_price: str | None
    figures: Mapping[str, Any]


class ForeignOrderTold(TypedDict):
    """An open order of the account that was not placed here."""

    key_id: str
    symbol: str
    order_id: str
    side: Side
    quantity: str
    price: str | None
    seen_ms: int


class SignalTold(TypedDict):
    """A signal from outside, and what became of it."""

    id: int
    action: Action
    price: str | None
    sent_ms: int
    received_ms: int
    acted_ms: int | None
    outcome: Reason | None


class RobotReportsOperations:
    """The operations of the group “robot reports”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_decisions(
        self, robot: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[DecisionTold]:
        """List the newest decisions of a robot, at most fifty."""
        told: Page[DecisionTold] = self._calling.ask(
            "GET",
            "/robots/{robot}/decisions",
            {"robot": robot},
            query={"limit": limit, "cursor": cursor},
        )
        return told

    def list_robot_trades(
        self, robot: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[Trade]:
        """List the executions of a robot's orders."""
        told: Page[Trade] = self._calling.ask(
            "GET",
            "/robots/{robot}/trades",
            {"robot": robot},
            query={"limit": limit, "cursor": cursor},
        )
        return told

    def list_foreign_orders(
        self, robot: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[ForeignOrderTold]:
        """List the open orders that others have where a robot works."""
        told: Page[ForeignOrderTold] = self._calling.ask(
            "GET",
            "/robots/{robot}/foreign-orders",
            {"robot": robot},
            query={"limit": limit, "cursor": cursor},
        )
        return told

    def get_figures(self, robot: str) -> FiguresTold:
        """Tell how a robot did: profit, trades, falls, ratios, activity, months and years."""
        told: FiguresTold = self._calling.ask("GET", "/robots/{robot}/figures", {"robot": robot})
        return told

    def list_candles(
        self, robot: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[CandleTold]:
        """List the newest candles of a robot's market that it has seen, the newest first."""
        told: Page[CandleTold] = self._calling.ask(
            "GET",
            "/robots/{robot}/candles",
            {"robot": robot},
            query={"limit": limit, "cursor": cursor},
        )
        return told

    def list_equity(
        self, robot: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[EquityTold]:
        """List what a robot was worth, the newest first."""
        told: Page[EquityTold] = self._calling.ask(
            "GET",
            "/robots/{robot}/equity",
            {"robot": robot},
            query={"limit": limit, "cursor": cursor},
        )
        return told

    def list_signals(
        self, robot: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[SignalTold]:
        """List the newest signals from outside of a robot."""
        told: Page[SignalTold] = self._calling.ask(
            "GET",
            "/robots/{robot}/signals",
            {"robot": robot},
            query={"limit": limit, "cursor": cursor},
        )
        return told
