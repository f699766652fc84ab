"""Examples of market data for the contract suite: tickers, candles, books, trades.

Prices lie on the tick and quantities on the step; candles begin where candles begin.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from drawbridge.core.markets import Candle, Level, Market, OrderBook, PublicTrade, Ticker

NOW_MS = 1_700_000_000_000

Draw = Callable[..., Any]

times_ms = st.integers(1_500_000_000_000, NOW_MS)
whole_times_ms = st.integers(1_500_000_000, NOW_MS // 1_000).map(lambda seconds: seconds * 1_000)
numbers = st.integers(1, 10**9)
amounts = st.integers(0, 10**14).map(lambda units: Decimal(units).scaleb(-8))


def multiples(step: Decimal) -> st.SearchStrategy[Decimal]:
    """Draw so many times a step."""
    return st.integers(1, 10**7).map(lambda count: count * step)


@st.composite
def tickers(draw: Draw, market: Market) -> Ticker:
    """Draw a ticker."""
    prices = sorted(draw(st.lists(multiples(market.price_tick), min_size=5, max_size=5)))
    volume = draw(multiples(market.quantity_step))
    return Ticker(
        symbol=market.symbol,
        time_ms=draw(times_ms),
        last=prices[2],
        bid=prices[1],
        bid_quantity=draw(amounts),
        ask=prices[3],
        ask_quantity=draw(amounts),
        open=prices[2],
        high=prices[4],
        low=prices[0],
        volume=volume,
        volume_quote=volume * prices[2],
        trades=draw(numbers),
    )


@st.composite
def candles(
    draw: Draw, market: Market, interval_ms: int, since_ms: int | None
) -> tuple[Candle, ...]:
    """Draw candles, oldest first."""
    first = draw(st.integers((since_ms or 0) // interval_ms, NOW_MS // interval_ms))
    rows = []
    for number in range(draw(st.integers(0, 4))):
        low, start, end, high = sorted(
            draw(st.lists(multiples(market.price_tick), min_size=4, max_size=4))
        )
        at = (first + number) * interval_ms
        rows.append(Candle(at, start, high, low, end, draw(amounts)))
    return tuple(rows)


@st.composite
def books(draw: Draw, market: Market) -> OrderBook:
    """Draw a book."""
    prices = draw(st.lists(multiples(market.price_tick), unique=True, max_size=6))
    levels = [Level(price, draw(multiples(market.quantity_step))) for price in sorted(prices)]
    middle = len(levels) // 2
    bids, asks = tuple(reversed(levels[:middle])), tuple(levels[middle:])
    return OrderBook(market.symbol, draw(whole_times_ms), draw(numbers), bids, asks)


@st.composite
def public_trades(draw: Draw, market: Market) -> PublicTrade:
    """Draw a trade that anyone may see."""
    return PublicTrade(
        trade_id=draw(numbers),
        symbol=market.symbol,
        time_ms=draw(times_ms),
        price=draw(multiples(market.price_tick)),
        quantity=draw(multiples(market.quantity_step)),
        taker_buys=draw(st.booleans()),
    )
