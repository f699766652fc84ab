"""An instrument on BitMEX's wire: what it is, and its prices where they are known."""

from collections.abc import Mapping
from typing import Any

from drawbridge.core.markets import Market, Markets, Ticker
from drawbridge.core.money import ONE, ZERO
from drawbridge.exchanges.bitmex.codec import values
from drawbridge.wire.documents import decimal_of, text_of
from drawbridge.wire.moments import parse_moment, write_moment


def instrument(market: Market, prices: Ticker | None = None) -> dict[str, object]:
    """Write an instrument."""
    told: dict[str, object] = {
        "symbol": market.id,
        "rootSymbol": values.asset_name(market.base),
        "state": "Open" if market.active else "Unlisted",
        "typ": "FFWCSX",
        "listing": "2020-11-04T08:00:00.000Z",
        "expiry": None,
        "positionCurrency": values.asset_name(market.base),
        "underlying": values.asset_name(market.base),
        "quoteCurrency": market.quote,
        "maxOrderQty": 1_000_000_000,
        "maxPrice": 1_000_000,
        "lotSize": values.contracts(market.quantity_step, market),
        "tickSize": market.price_tick,
        "multiplier": 1,
        "settlCurrency": values.currency_id(market.settle),
        "underlyingToPositionMultiplier": ONE / market.contract_size,
        "underlyingToSettleMultiplier": None,
        "isQuanto": False,
        "isInverse": False,
        "initMargin": ONE / 100,
        "maintMargin": ONE / 200,
        "makerFee": market.fee_maker,
        "takerFee": market.fee_taker,
    }
    return told if prices is None else told | _prices(prices)


def read_instrument(row: Mapping[str, Any], markets: Markets) -> Ticker:
    """Read the prices of an instrument."""
    return Ticker(
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        time_ms=parse_moment(text_of(row["timestamp"])),
        last=decimal_of(row["lastPrice"]),
        bid=decimal_of(row["bidPrice"]),
        bid_quantity=ZERO,
        ask=decimal_of(row["askPrice"]),
        ask_quantity=ZERO,
        open=decimal_of(row["prevPrice24h"]),
        high=decimal_of(row["highPrice"]),
        low=decimal_of(row["lowPrice"]),
        volume=decimal_of(row["homeNotional24h"]),
        volume_quote=decimal_of(row["foreignNotional24h"]),
        trades=0,
    )


def _prices(row: Ticker) -> dict[str, object]:
    return {
        "prevPrice24h": row.open,
        "highPrice": row.high,
        "lowPrice": row.low,
        "lastPrice": row.last,
        "bidPrice": row.bid,
        "midPrice": (row.bid + row.ask) / 2,
        "askPrice": row.ask,
        "vwap": (row.high + row.low) / 2,
        "homeNotional24h": row.volume,
        "foreignNotional24h": row.volume_quote,
        "markPrice": row.last,
        "openInterest": 0,
        "timestamp": write_moment(row.time_ms),
    }
