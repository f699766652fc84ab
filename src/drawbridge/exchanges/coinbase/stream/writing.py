"""Writing our events as Coinbase's messages, as far as they are alike for everyone.

An envelope with the number of the message goes around them, see `session.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from drawbridge.core.markets import Level, Market, Markets, OrderBook, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.orders import Order, OrderType, Side
from drawbridge.core.streams import BookChange, CandleTold, StreamEvent, TradesTold
from drawbridge.exchanges.coinbase.codec import values
from drawbridge.exchanges.coinbase.codec.orders import STATUS_TEXTS, outstanding, time_text
from drawbridge.exchanges.coinbase.stream.channels import Channel

Rows = list[dict[str, object]]

_SIDES: Final = {True: "BUY", False: "SELL"}
_PERCENT: Final = 100
_TYPES: Final = {OrderType.LIMIT: "Limit", OrderType.MARKET: "Market"}
_STOP_LIMIT: Final = "Stop Limit"


def write_events(channel: Channel, event: StreamEvent, markets: Markets) -> Rows:
    """Write an event of a public channel; nothing where the channel tells none like it."""
    write = _WRITERS.get((channel, type(event)))
    return [] if write is None else write(event, markets)


def _id(symbol: str, markets: Markets) -> str:
    return markets.get(symbol).id


def _ticker(event: Ticker, markets: Markets) -> Rows:
    change = (event.last - event.open) * _PERCENT
    row = {
        "type": "ticker",
        "product_id": _id(event.symbol, markets),
        "price": plain(event.last),
        "volume_24_h": plain(event.volume),
        "low_24_h": plain(event.low),
        "high_24_h": plain(event.high),
        "low_52_w": plain(event.low),
        "high_52_w": plain(event.high),
        "price_percent_chg_24_h": values.share(change, event.open, 12),
        "best_bid": plain(event.bid),
        "best_ask": plain(event.ask),
        "best_bid_quantity": plain(event.bid_quantity),
        "best_ask_quantity": plain(event.ask_quantity),
    }
    return [{"type": "update", "tickers": [row]}]


def _candle(event: CandleTold, markets: Markets) -> Rows:
    candle = event.candle
    row = {
        "start": str(candle.open_time_ms // 1_000),
        "high": plain(candle.high),
        "low": plain(candle.low),
        "open": plain(candle.open),
        "close": plain(candle.close),
        "volume": plain(candle.volume),
        "product_id": _id(event.symbol, markets),
    }
    return [{"type": "update", "candles": [row]}]


def _trades(event: TradesTold, markets: Markets) -> Rows:
    rows = [
        {
            "trade_id": str(trade.trade_id),
            "product_id": _id(trade.symbol, markets),
            "price": plain(trade.price),
            "size": plain(trade.quantity),
            "side": _SIDES[trade.taker_buys],
            "time": values.told(trade.time_ms),
        }
        for trade in reversed(event.trades)
    ]
    return [{"type": "snapshot" if event.is_snapshot else "update", "trades": rows}]


def _book(event: OrderBook, markets: Markets) -> Rows:
    return _levels(event.symbol, "snapshot", event, markets)


def _book_change(event: BookChange, markets: Markets) -> Rows:
    return _levels(event.symbol, "update", event, markets)


def _levels(symbol: str, kind: str, told: OrderBook | BookChange, markets: Markets) -> Rows:
    at = values.told(told.time_ms)
    updates = [*_side("bid", told.bids, at), *_side("offer", told.asks, at)]
    return [{"type": kind, "product_id": _id(symbol, markets), "updates": updates}]


def _side(name: str, levels: Iterable[Level], at: str) -> Iterable[dict[str, str]]:
    for level in levels:
        yield {
            "side": name,
            "event_time": at,
            "price_level": plain(level.price),
            "new_quantity": plain(level.quantity),
        }


_WRITERS: Final[Mapping[tuple[Channel, type], Callable[..., Rows]]] = {
    (Channel.TICKER, Ticker): _ticker,
    (Channel.TICKER_BATCH, Ticker): _ticker,
    (Channel.CANDLES, CandleTold): _candle,
    (Channel.MARKET_TRADES, TradesTold): _trades,
    (Channel.LEVEL2, OrderBook): _book,
    (Channel.LEVEL2, BookChange): _book_change,
}


def write_orders(kind: str, orders: Iterable[Order], markets: Markets) -> Rows:
    """Write own orders as they stand."""
    positions: dict[str, object] = {
        "perpetual_futures_positions": [],
        "expiring_futures_positions": [],
    }
    rows = [_order(order, markets) for order in orders]
    return [{"type": kind, "orders": rows, "positions": positions}]


def _order(order: Order, markets: Markets) -> dict[str, object]:
    left = ZERO if order.status.is_final else order.remaining
    total = order.filled_quote + (order.fee if order.side is Side.BUY else -order.fee)
    waits = order.trigger is not None
    return {
        "avg_price": values.share(order.filled_quote, order.filled, 16),
        "cancel_reason": "",
        "client_order_id": order.client_id,
        "completion_percentage": values.share(order.filled * _PERCENT, order.quantity, 2),
        "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE",
        "cumulative_quantity": plain(order.filled),
        "filled_value": plain(order.filled_quote),
        "leaves_quantity": plain(left),
        "limit_price": plain(order.price or ZERO),
        "number_of_fills": str(len(order.trade_ids)),
        "order_id": order.order_id,
        "order_side": order.side.name,
        "order_type": _STOP_LIMIT if waits else _TYPES[order.type],
        "outstanding_hold_amount": plain(outstanding(order)),
        "post_only": "true" if order.post_only else "false",
        "product_id": _id(order.symbol, markets),
        "product_type": "SPOT",
        "reject_reason": "",
        "retail_portfolio_id": "",
        "risk_managed_by": "UNKNOWN_RISK_MANAGEMENT_TYPE",
        "status": STATUS_TEXTS[order.status],
        "stop_price": plain(order.trigger.price) if order.trigger is not None else "",
        "time_in_force": time_text(order),
        "total_fees": plain(order.fee),
        "total_value_after_fees": plain(total),
        "trigger_status": "STOP_PENDING" if order.waits else "INVALID_ORDER_TYPE",
        "creation_time": values.told(order.created_ms),
        "end_time": "0001-01-01T00:00:00Z",
        "start_time": "0001-01-01T00:00:00Z",
    }


def write_products(markets: Markets) -> Rows:
    """Write which products there are."""
    return [{"type": "snapshot", "products": [_product(market) for market in markets]}]


def _product(market: Market) -> dict[str, object]:
    return {
        "product_type": "SPOT",
        "id": market.id,
        "base_currency": market.base,
        "quote_currency": market.quote,
        "base_increment": plain(market.quantity_step),
        "quote_increment": plain(market.price_tick),
        "display_name": market.symbol,
        "status": "online" if market.active else "offline",
        "status_message": "",
        "min_market_funds": plain(market.min_notional),
    }
