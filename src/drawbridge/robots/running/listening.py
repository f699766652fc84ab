"""Following exchanges' streams for robots: candles for charts, prices for guards, own orders.

Streams only make things faster: what they do not tell, or may have missed, is asked for over REST
by those who need it. Nothing is decided here.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from decimal import Decimal
from typing import Final, Protocol, TypeAlias

from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.core.markets import Ticker
from drawbridge.core.streams import CandleTold, OrderTold, Topic, TopicKind, TradesTold
from drawbridge.gateway.streaming import Gap, GapReason, Told
from drawbridge.robots.running.charts import Chart
from drawbridge.trading.reading import Streams

_log: Final = logging.getLogger(__name__)

Place: TypeAlias = tuple[str, str, str]
"""An exchange, a venue and a symbol."""

_What: TypeAlias = tuple[str, ...]


class Hearing(Protocol):
    """Who is told what streams tell; the runner is one."""

    def hear_candle(self, chart: Chart) -> None:
        """Hear that a chart may have a new candle."""

    def hear_price(self, place: Place, price: Decimal, time_ms: int) -> None:
        """Hear of a trade's price."""

    def hear_order(self, key_id: str, client_id: str) -> None:
        """Hear that something happened to an order, or with an empty id that it may have."""


class Listening:
    """The streams that robots need now."""

    def __init__(self, streams: Streams | None, hearing: Hearing) -> None:
        """Tell `hearing` what these streams tell."""
        self._streams = streams
        self._hearing = hearing
        self._tasks: dict[_What, asyncio.Task[None]] = {}
        # What a stream tells without a break right now.
        self._told: set[_What] = set()

    def arrange(
        self, charts: Iterable[Chart], places: Iterable[Place], keys: Iterable[str]
    ) -> None:
        """Follow exactly these from now on."""
        if self._streams is None:
            return
        wanted: dict[_What, Callable[[], AsyncGenerator[Told, None]]] = {}
        by_what = {}
        for chart in charts:
            what = _of_chart(chart)
            by_what[what] = chart
            wanted[what] = self._candles_of(chart)
        wanted |= {("price", *place): self._prices_of(place) for place in places}
        wanted |= {("orders", key): self._orders_of(key) for key in keys}
        # What ended for good may go on now that something has changed: a key was enabled again.
        self._tasks = {what: it for what, it in self._tasks.items() if not _has_ended(it)}
        for what in self._tasks.keys() - wanted.keys():
            self._tasks.pop(what).cancel()
            self._told.discard(what)
        for what in wanted.keys() - self._tasks.keys():
            follow = self._follow(what, wanted[what], by_what.get(what))
            self._tasks[what] = asyncio.create_task(follow)

    def check(self) -> None:
        """Raise what a stream's task died of, if that was a mistake of ours and no trouble."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled() and (bug := task.exception()):
                raise bug

    def tells_prices(self, place: Place) -> bool:
        """Tell whether a stream tells every price of a market right now."""
        return ("price", *place) in self._told

    def tells_orders(self, key_id: str) -> bool:
        """Tell whether a stream tells of a key's orders right now."""
        return ("orders", key_id) in self._told

    async def close(self) -> None:
        """Follow nothing any more."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _candles_of(self, chart: Chart) -> Callable[[], AsyncGenerator[Told, None]]:
        series = chart.series
        topic = Topic(TopicKind.CANDLES, series.symbol, series.interval_ms)
        return lambda: _open(self._streams).follow(series.exchange, series.venue, topic)

    def _prices_of(self, place: Place) -> Callable[[], AsyncGenerator[Told, None]]:
        exchange, venue, symbol = place

        def follow() -> AsyncGenerator[Told, None]:
            try:
                return _open(self._streams).follow(exchange, venue, Topic(TopicKind.TRADES, symbol))
            except BadInput:
                return _open(self._streams).follow(exchange, venue, Topic(TopicKind.TICKER, symbol))

        return follow

    def _orders_of(self, key_id: str) -> Callable[[], AsyncGenerator[Told, None]]:
        return lambda: _open(self._streams).follow_key(key_id, Topic(TopicKind.ORDERS))

    async def _follow(
        self, what: _What, begin: Callable[[], AsyncGenerator[Told, None]], chart: Chart | None
    ) -> None:
        try:
            async with aclosing(begin()) as told:
                async for event in told:
                    self._hear(what, event, chart)
        except NotFound:
            pass  # an exchange without streams is asked over REST
        except DrawbridgeError as error:
            _log.warning("stream of %s: %s", " ".join(what), error)
        finally:
            self._told.discard(what)
            if chart is not None:
                chart.is_told = False

    def _hear(self, what: _What, event: Told, chart: Chart | None) -> None:
        if isinstance(event, Gap):
            self._note_gap(what, event, chart)
        else:
            self._pass_on(what, event, chart)

    def _note_gap(self, what: _What, gap: Gap, chart: Chart | None) -> None:
        is_told = gap.reason is not GapReason.LOST
        if is_told:
            self._told.add(what)
        else:
            self._told.discard(what)
        if chart is not None:
            chart.is_told = is_told
        elif what[0] == "orders":
            self._hearing.hear_order(what[1], "")

    def _pass_on(self, what: _What, event: Told, chart: Chart | None) -> None:
        match event:
            case CandleTold() if chart is not None:
                if chart.hear(event):
                    self._hearing.hear_candle(chart)
            case TradesTold(is_snapshot=False):
                for trade in event.trades:
                    self._hearing.hear_price(_place(what), trade.price, trade.time_ms)
            case Ticker():
                self._hearing.hear_price(_place(what), event.last, event.time_ms)
            case OrderTold() if what[0] == "orders":
                self._hearing.hear_order(what[1], event.order.client_id)
            case _:
                pass


def _has_ended(task: asyncio.Task[None]) -> bool:
    """Tell whether a task ended without a mistake of ours, which `check` would raise."""
    return task.done() and (task.cancelled() or task.exception() is None)


def _of_chart(chart: Chart) -> _What:
    series = chart.series
    return ("candles", *series[:3], str(series.interval_ms))


def _place(what: _What) -> Place:
    return what[1], what[2], what[3]


def _open(streams: Streams | None) -> Streams:
    if streams is None:
        raise NotFound("no_streams")
    return streams
