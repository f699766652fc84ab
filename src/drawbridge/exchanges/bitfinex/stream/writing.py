"""Writing events as what follows a channel's number: rows, and words before them.

Books are told as snapshots and single changes; whether the client still has the right book, it
can see by a checksum.
"""

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import zip_longest
from typing import Final
from zlib import crc32

from drawbridge.core.markets import Market, Markets, OrderBook, Ticker
from drawbridge.core.money import plain
from drawbridge.core.orders import Fill, Order, OrderStatus
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrdersTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.bitfinex.codec.account import trade_row, wallet_row
from drawbridge.exchanges.bitfinex.codec.orders import order_row
from drawbridge.exchanges.bitfinex.codec.prices import (
    DIGITS,
    RAW,
    candle_row,
    level_row,
    public_trade_row,
    raw_row,
    summed,
    ticker_row,
)
from drawbridge.exchanges.bitfinex.stream.channels import Channel, Row, Side

_CHECKED: Final = 25
_FEE_PLACES: Final = slice(9, 11)

Parts = list[object]
"""What stands in a frame after the channel's number."""


def market_parts(channel: Channel, event: StreamEvent, markets: Markets) -> Iterator[Parts]:
    """Write an event of a market for a channel; what a begun channel knows is not repeated."""
    match event:
        case Ticker():
            yield [ticker_row(event)]
        case CandleTold():
            yield [candle_row(event.candle)]
        case TradesTold():
            yield from _trades(channel, event)
        case OrderBook():
            yield from _book(channel, event, markets)
        case BookChange():
            yield from _book(channel, event.book, markets)


def account_parts(event: StreamEvent, markets: Markets) -> Iterator[Parts]:
    """Write an event of the account."""
    match event:
        case OrdersTold():
            yield ["os", [order_row(order, markets) for order in event.orders]]
        case OrderTold():
            yield [_word(event.order, event.fill), order_row(event.order, markets)]
            if event.fill is not None:
                row = trade_row(event.fill, markets)
                bare = list(row)
                # Told at once, before the fee is known.
                bare[_FEE_PLACES] = [None, None]
                yield ["te", bare]
                yield ["tu", row]
        case BalancesTold(is_snapshot=True):
            yield ["ws", [wallet_row(balance) for balance in event.balances]]
        case BalancesTold():
            for balance in event.balances:
                yield ["wu", wallet_row(balance)]


def checksum(channel: Channel) -> int:
    """Give the checksum of the best rows of both sides, as a signed number of 32 bits."""
    bids, asks = (list(side.values())[:_CHECKED] for side in channel.rows)
    # The number of an order or the price of a level, and the amount, which comes last in both.
    pairs = zip_longest(bids, asks)
    texts = [_text(row[at]) for pair in pairs for row in pair if row is not None for at in (0, 2)]
    number = crc32(":".join(texts).encode("ascii"))
    return number - (1 << 32) if number >= 1 << 31 else number


def _word(order: Order, fill: Fill | None) -> str:
    if order.status.is_final:
        return "oc"
    is_new = order.status is OrderStatus.OPEN and fill is None and not order.triggered_ms
    return "on" if is_new else "ou"


def _trades(channel: Channel, event: TradesTold) -> Iterator[Parts]:
    if event.is_snapshot:
        if not channel.begun:
            yield [[public_trade_row(trade) for trade in reversed(event.trades)]]
        return
    for trade in event.trades:
        row = public_trade_row(trade)
        yield ["te", row]
        yield ["tu", row]


def _book(channel: Channel, book: OrderBook, markets: Markets) -> Iterator[Parts]:
    before, now = channel.rows, _rows(channel, book, markets.get(book.symbol))
    channel.rows = now
    if not channel.begun:
        yield [[list(row) for side in now for row in side.values()]]
        return
    for sign, old, new in zip((1, -1), before, now, strict=True):
        for row in _changes(old, new, sign):
            yield [list(row)]


def _rows(channel: Channel, book: OrderBook, market: Market) -> tuple[Side, Side]:
    length = channel.length
    if channel.precision == RAW:
        bids = {it.price: tuple(raw_row(market, it, 1)) for it in book.bids[:length]}
        asks = {it.price: tuple(raw_row(market, it, -1)) for it in book.asks[:length]}
        return bids, asks
    digits = DIGITS[channel.precision]
    below = summed(book.bids, digits, ROUND_FLOOR)[:length]
    above = summed(book.asks, digits, ROUND_CEILING)[:length]
    bids = {it.price: tuple(level_row(it, 1)) for it in below}
    return bids, {it.price: tuple(level_row(it, -1)) for it in above}


def _changes(old: Side, new: Side, sign: int) -> Iterable[Row]:
    for price, row in old.items():
        if price not in new:
            # An order that is gone has no price, a level that is gone no orders.
            yield (row[0], 0, sign)
    for price, row in new.items():
        if old.get(price) != row:
            yield row


def _text(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
