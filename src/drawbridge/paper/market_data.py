"""What anyone may see of a market: ticker, candles, book and tape of trades.

Computed from feed, house and book for the moment that is asked for. Nothing here changes
anything, and nothing is random.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import DAY_MS, MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, OrderBook, PublicTrade, Ticker
from drawbridge.core.operations import GetCandles, GetOrderBook, GetTrades
from drawbridge.core.orders import Side
from drawbridge.paper.feed import Feed
from drawbridge.paper.house import STEP_MS, Quote
from drawbridge.paper.noise import draw, seed_of
from drawbridge.paper.rules import Rules, amount_of, cut
from drawbridge.paper.series import SERIES_PLACES, Bar
from drawbridge.paper.state import TAPE_SLOTS, Pit

_MOST_CANDLES: Final = 1_500
_MOST_TRADES: Final = 1_000
_USUAL_ROWS: Final = 500
_USUAL_DEPTH: Final = 100


@dataclass(frozen=True, slots=True)
class _Day:
    """The last 24 hours as of one step."""

    step: int
    bar: Bar


class MarketData:
    """The public side of one pit."""

    __slots__ = ("_day", "_feed", "_half", "_pit", "_rules", "_seed", "_tick")

    def __init__(self, pit: Pit, feed: Feed) -> None:
        """Show this pit, whose house follows that feed."""
        self._pit = pit
        self._feed = feed
        self._rules: Rules = pit.rules
        self._tick = feed.units_of(pit.rules.price_tick)
        self._half = self._tick // 2
        self._seed = seed_of("tape", pit.rules.exchange_id, pit.rules.symbol)
        self._day = _Day(-1, Bar(0, 0, 0, 0, 0))

    def ticker(self, now_ms: int) -> Ticker:
        """Sum up the last 24 hours and tell the best prices now."""
        quote = self._pit.house.at(now_ms)
        if self._day.step != quote.step:
            self._day = _Day(quote.step, self._feed.bar(now_ms - DAY_MS, now_ms))
        bar, last = self._day.bar, self._last(now_ms)
        bid, bid_lots = self._best(Side.BUY, quote)
        ask, ask_lots = self._best(Side.SELL, quote)
        high, low = max(self._price(bar.high), last), min(self._price(bar.low), last)
        volume = amount_of(bar.volume, SERIES_PLACES)
        middle = (self._price(bar.high) + self._price(bar.low)) / 2
        rules = self._rules
        return Ticker(
            symbol=rules.symbol,
            time_ms=now_ms,
            last=last,
            bid=rules.price(bid),
            bid_quantity=rules.quantity(bid_lots),
            ask=rules.price(ask),
            ask_quantity=rules.quantity(ask_lots),
            open=self._price(bar.open),
            high=high,
            low=low,
            volume=volume,
            # The candles tell no turnover; the middle of the day's range prices it well enough.
            volume_quote=(volume * middle).quantize(amount_of(1, rules.quote_places)),
            trades=DAY_MS // STEP_MS,
        )

    def candles(self, wanted: GetCandles, now_ms: int) -> tuple[Candle, ...]:
        """Give candles, oldest first, the running one included.

        Raises: `BadInput("bad_interval")` unless it is a whole number of minutes.
        """
        size = wanted.interval_ms
        if size < MINUTE_MS or size % MINUTE_MS:
            raise BadInput("bad_interval", field="interval", interval_ms=size)
        count = _bounded(wanted.limit, _USUAL_ROWS, _MOST_CANDLES)
        until = now_ms if wanted.until_ms is None else min(now_ms, wanted.until_ms)
        last = until // size * size
        if wanted.since_ms is None:
            first = last - (count - 1) * size
        else:
            first = -(-wanted.since_ms // size) * size
        first = max(first, -(-self._feed.listed_ms // size) * size)
        last = min(last, first + (count - 1) * size)
        return tuple(self._candle(start, size, now_ms) for start in range(first, last + 1, size))

    def book(self, wanted: GetOrderBook, now_ms: int) -> OrderBook:
        """Give the resting orders of people and house together."""
        pit, quote = self._pit, self._pit.house.at(now_ms)
        depth = max(1, _USUAL_DEPTH if wanted.depth is None else wanted.depth)
        changes = pit.changes if pit.step == quote.step else 0
        return OrderBook(
            symbol=self._rules.symbol,
            time_ms=now_ms,
            sequence=quote.step * TAPE_SLOTS + min(changes, TAPE_SLOTS - 1),
            bids=self._levels(Side.BUY, quote, depth),
            asks=self._levels(Side.SELL, quote, depth),
        )

    def trades(self, wanted: GetTrades, now_ms: int) -> tuple[PublicTrade, ...]:
        """Give trades, oldest first: one a step from the feed, and what people really traded."""
        count = _bounded(wanted.limit, _USUAL_ROWS, _MOST_TRADES)
        until = now_ms if wanted.until_ms is None else min(now_ms, wanted.until_ms)
        newest = until // STEP_MS
        if wanted.since_ms is None:
            oldest = newest - count + 1
        else:
            oldest = -(-max(wanted.since_ms, self._feed.listed_ms) // STEP_MS)
            newest = min(newest, oldest + count - 1)
        since = oldest * STEP_MS if wanted.since_ms is None else wanted.since_ms
        found = [self._feed_trade(step) for step in range(oldest, newest + 1)]
        found.extend(trade for trade in self._pit.tape if since <= trade.time_ms <= until)
        found.sort(key=lambda trade: trade.trade_id)
        return tuple(found[-count:] if wanted.since_ms is None else found[:count])

    def _feed_trade(self, step: int) -> PublicTrade:
        chance = draw(self._seed, step)
        # A draw squared: many small trades and few large ones.
        lots = 1 + self._pit.house.typical * chance * chance // (1 << 66)
        return PublicTrade(
            trade_id=step * TAPE_SLOTS,
            symbol=self._rules.symbol,
            time_ms=step * STEP_MS,
            price=self._price(self._feed.price(step * STEP_MS)),
            quantity=self._rules.quantity(max(lots, self._rules.least_lots)),
            taker_buys=bool(chance & 1),
        )

    def _candle(self, start_ms: int, size_ms: int, now_ms: int) -> Candle:
        bar = self._feed.bar(start_ms, min(start_ms + size_ms, now_ms + 1))
        return Candle(
            open_time_ms=start_ms,
            open=self._price(bar.open),
            high=self._price(bar.high),
            low=self._price(bar.low),
            close=self._price(bar.close),
            volume=amount_of(bar.volume, SERIES_PLACES),
        )

    def _last(self, now_ms: int) -> Decimal:
        tape = self._pit.tape
        if tape and tape[-1].time_ms // STEP_MS == now_ms // STEP_MS:
            return tape[-1].price
        return self._price(self._feed.price(now_ms // STEP_MS * STEP_MS))

    def _price(self, units: int) -> Decimal:
        rules = self._rules
        return rules.price(cut(rules, max(1, (units + self._half) // self._tick)))

    def _best(self, side: Side, quote: Quote) -> tuple[int, int]:
        pit = self._pit
        people = next(pit.book.side(side).levels(), None)
        house = next(quote.left(side, pit.taken(side, quote.step)), None)
        if people is None or house is None:
            return people or house or (quote.best(side), 0)
        if people[0] == house[0]:
            return people[0], people[1] + house[1]
        pick = max if side is Side.BUY else min
        return pick(people, house)

    def _levels(self, side: Side, quote: Quote, depth: int) -> tuple[Level, ...]:
        found = dict(_first(self._pit.book.side(side).levels(), depth))
        for ticks, lots in quote.left(side, self._pit.taken(side, quote.step)):
            found[ticks] = found.get(ticks, 0) + lots
        rules = self._rules
        best_first = sorted(found, reverse=side is Side.BUY)
        return tuple(
            Level(rules.price(ticks), rules.quantity(found[ticks])) for ticks in best_first[:depth]
        )


def _bounded(asked: int | None, usual: int, most: int) -> int:
    return usual if asked is None else max(1, min(asked, most))


def _first(levels: Iterator[tuple[int, int]], count: int) -> Iterator[tuple[int, int]]:
    for _, level in zip(range(count), levels, strict=False):
        yield level
