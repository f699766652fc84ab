"""Sessions that are scripts: a frame names what the client wants, and `heard` what it heard.

Everything behind them is real: world, hub, connections, rights.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, cast

from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.paper.streaming import Connection
from drawbridge.wire.stream import (
    Effect,
    Effects,
    Frame,
    LogIn,
    Opening,
    Send,
    Stream,
)
from tests.kit.streams import StreamBench

SYMBOL: Final = "BTC/USDT"
TICKER: Final = Topic(TopicKind.TICKER, SYMBOL)
BOOK: Final = Topic(TopicKind.BOOK, SYMBOL)
ORDERS: Final = Topic(TopicKind.ORDERS)
BALANCES: Final = Topic(TopicKind.BALANCES)
FAR: Final = PlaceOrder(SYMBOL, Side.BUY, OrderType.LIMIT, Decimal("0.01"), Decimal(20_000))
TAKE: Final = PlaceOrder(SYMBOL, Side.BUY, OrderType.MARKET, Decimal("0.01"))


class Script:
    """A session whose frames say plainly what is wanted; what it heard stands in `heard`."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.told: list[tuple[Topic, StreamEvent]] = []
        self.wants: dict[str, Effects] = {}

    def opened(self, now_ms: int) -> Effects:
        del now_ms
        return (Send("hello"),)

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        del now_ms
        if frame == "break":
            message = "planted-secret-text"
            raise RuntimeError(message)
        return self.wants.get(str(frame), ())

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        del now_ms
        self.heard.append(("logged in", ref))
        return ()

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        del now_ms
        self.heard.append(("answered", ref, result))
        # Somebody who answers each answer with the same question would never end.
        return self.wants.get("again", ())

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        del now_ms
        self.heard.append(("refused", ref, error.code))
        return ()

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        del now_ms
        self.told.append((topic, event))
        return (type(event).__name__,)

    def tick(self, now_ms: int) -> Effects:
        del now_ms
        return self.wants.get("tick", ())

    def of(self, kind: type[StreamEvent]) -> list[StreamEvent]:
        return [event for _, event in self.told if isinstance(event, kind)]


class Scripts:
    """A module `stream` whose sessions are scripts; everything else of the exchange is real."""

    def __init__(self) -> None:
        self.opened: list[Script] = []

    def open_session(self, opening: Opening) -> Script | None:
        if opening.path != b"/script":
            return None
        self.opened.append(Script())
        return self.opened[-1]


def scripted(scripts: Scripts) -> Exchange:
    # A script has no other side.
    return replace(get_exchange("binance"), stream=cast("Stream", scripts))


async def join(bench: StreamBench, scripts: Scripts) -> tuple[Connection, Script]:
    connection = await bench.connect(b"/script")
    return connection, scripts.opened[-1]


async def do(connection: Connection, script: Script, *effects: Effect) -> None:
    script.wants["do"] = effects
    await connection.receive("do")


async def log_in(bench: StreamBench, connection: Connection, script: Script) -> None:
    await do(connection, script, LogIn("in", token=await bench.token()))
    assert ("logged in", "in") in script.heard


async def told(bench: StreamBench, script: Script, count: int) -> None:
    async def is_told() -> bool:
        return len(script.told) >= count

    await bench.wait_for(is_told)
