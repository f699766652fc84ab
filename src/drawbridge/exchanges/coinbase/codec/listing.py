"""What does not change from minute to minute: the clock, currencies, products and fees.

A product carries its rules and its last price at once, so both questions are asked here.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Currency, Market, Markets, Ticker
from drawbridge.core.money import ONE, ZERO, plain
from drawbridge.core.operations import (
    GetCurrencies,
    GetFixed,
    GetMarkets,
    GetServerTime,
    GetTickers,
    Operation,
    ServerTime,
)
from drawbridge.exchanges.coinbase.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, parse_object, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

# The fees of a new account, as on the card; products tell none.
_FEE_MAKER: Final = Decimal("0.006")
_FEE_TAKER: Final = Decimal("0.012")
_FIAT: Final = frozenset({"USD", "EUR", "GBP"})
_CENT: Final = "0.01"
_PERCENT: Final = 100
_MOST_SIZE: Final = "100000000"
_NONE: Final = b'{"products":[],"num_products":0}'
_SPOT: Final = frozenset({"", "SPOT", "UNKNOWN_PRODUCT_TYPE"})
_OTHERS: Final = frozenset({"FUTURE"})


# ------------------------------------------------------------------------------------- clock
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the question for the clock."""
    return values.look(values.V2 + b"time")


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it, on either interface."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write the clock as the older interface does, in seconds."""
    epoch = result.time_ms // 1_000
    iso = values.told(epoch * 1_000).replace(".000", "")
    return values.ok({"data": {"iso": iso, "epoch": epoch}})


def encode_fine_time(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write the clock as the newer interface does."""
    return values.ok(
        {
            "iso": values.told(result.time_ms),
            "epochSeconds": str(result.time_ms // 1_000),
            "epochMillis": str(result.time_ms),
        }
    )


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the clock."""
    data = object_of(parse_object(answer.body)["data"])
    return ServerTime(int_of(data["epoch"]) * 1_000)


# -------------------------------------------------------------------------------- currencies
def decode_currencies(_view: ServerView) -> GetCurrencies:
    """Read the question for currencies."""
    return GetCurrencies()


def encode_fiat(_op: GetCurrencies, result: tuple[Currency, ...], _view: ServerView) -> WireAnswer:
    """Write the currencies that states issue."""
    rows = [
        {"id": row.code, "name": row.name, "min_size": _CENT} for row in result if row.code in _FIAT
    ]
    return values.ok({"data": rows})


def encode_crypto(
    _op: GetCurrencies, result: tuple[Currency, ...], _view: ServerView
) -> WireAnswer:
    """Write all others."""
    rows = [row for row in result if row.code not in _FIAT]
    return values.ok({"data": [crypto_row(row, place) for place, row in enumerate(rows, 100)]})


def crypto_row(row: Currency, place: int) -> dict[str, object]:
    """Write what the older interface tells of a coin."""
    return {
        "code": row.code,
        "name": row.name,
        "color": "#0052FF",
        "sort_index": place,
        "exponent": row.places,
        "type": "crypto",
        "address_regex": "",
        "asset_id": f"00000000-0000-4000-8000-{place:012}",
    }


def decode_rates(view: ServerView) -> GetTickers:
    """Read the question for rates; they are told in US dollars only. Raises: `BadInput`."""
    if values.single(view).text("currency") not in {"", "USD"}:
        raise BadInput("malformed", field="currency")
    return GetTickers()


def encode_rates(_op: GetTickers, result: tuple[Ticker, ...], view: ServerView) -> WireAnswer:
    """Write how much of each currency a dollar is."""
    rates = {"USD": "1"}
    for row in result:
        market = view.markets.get(row.symbol)
        if market.quote == "USD" and row.last:
            rates[market.base] = values.share(ONE, row.last, 16)
    return values.ok({"data": {"currency": "USD", "rates": rates}})


# ---------------------------------------------------------------------------------- products
def encode_markets(operation: GetMarkets, markets: Markets) -> WireRequest:
    """Write the question for products, which all have the same path."""
    return _ask(operation.symbols, markets)


def encode_tickers(operation: GetTickers, markets: Markets) -> WireRequest:
    """Write the question for last prices: those of products."""
    return _ask(operation.symbols, markets)


def _ask(symbols: tuple[str, ...], markets: Markets) -> WireRequest:
    pairs = [("product_ids", markets.get(symbol).id) for symbol in symbols]
    if pairs:
        pairs.append(("product_type", "SPOT"))
    return values.look(values.V3 + b"market/products", pairs)


def decode_products(view: ServerView) -> Operation[Any]:
    """Read either; there are no products but those of spot. Raises: `BadInput`, `NotFound`."""
    kind = values.single(view, "product_ids").text("product_type")
    if kind in _OTHERS:
        return GetFixed(_NONE)
    if kind not in _SPOT:
        raise BadInput("malformed", field="product_type")
    return GetTickers(values.symbols(view, "product_ids"))


def decode_product(view: ServerView) -> GetTickers:
    """Read the question for one product. Raises: `NotFound("unknown_symbol")`."""
    return GetTickers((view.markets.get_by_id(view.path_parameters["product_id"]).symbol,))


def encode_products(
    operation: Operation[Any], result: tuple[Ticker, ...] | bytes, view: ServerView
) -> WireAnswer:
    """Write products with their rules and their last prices."""
    if isinstance(operation, GetFixed) or isinstance(result, bytes):
        return WireAnswer(200, _NONE)
    rows = [_product(row, view.markets.get(row.symbol)) for row in result]
    return values.ok({"products": rows, "num_products": len(rows)})


def encode_product(_op: GetTickers, result: tuple[Ticker, ...], view: ServerView) -> WireAnswer:
    """Write one product."""
    (row,) = result
    return values.ok(_product(row, view.markets.get(row.symbol)))


def decode_markets_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read the rules of products; what is not spot is left out."""
    rows = list_of(parse_object(answer.body)["products"])
    found = tuple(_read_market(object_of(row)) for row in rows if row["product_type"] == "SPOT")
    return tuple(row for row in found if not operation.symbols or row.symbol in operation.symbols)


def decode_tickers_answer(
    _op: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read the last prices; products that we do not know or that have none are left out."""
    rows = list_of(parse_object(answer.body)["products"])
    known = {market.id: market for market in markets}
    return tuple(
        _read_ticker(object_of(row), known[row["product_id"]])
        for row in rows
        if row["product_id"] in known and row["price"]
    )


def _product(row: Ticker, market: Market) -> dict[str, object]:
    change = (row.last - row.open) * _PERCENT
    return {
        "product_id": market.id,
        "price": plain(row.last),
        "price_percentage_change_24h": values.share(change, row.open, 12),
        "volume_24h": plain(row.volume),
        "volume_percentage_change_24h": "0",
        "base_increment": plain(market.quantity_step),
        "quote_increment": plain(market.price_tick),
        "quote_min_size": plain(market.min_notional),
        "quote_max_size": _MOST_SIZE,
        "base_min_size": plain(market.min_quantity),
        "base_max_size": _MOST_SIZE,
        "base_name": market.base,
        "quote_name": market.quote,
        "watched": False,
        "is_disabled": not market.active,
        "new": False,
        "status": "online" if market.active else "offline",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": not market.active,
        "auction_mode": False,
        "product_type": "SPOT",
        "quote_currency_id": market.quote,
        "base_currency_id": market.base,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias": "",
        "alias_to": [],
        "base_display_symbol": market.base,
        "quote_display_symbol": market.quote,
        "view_only": False,
        "price_increment": plain(market.price_tick),
        "display_name": market.id,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": plain(round(row.volume_quote, 2)),
    }


def _read_market(row: Mapping[str, Any]) -> Market:
    base, quote = text_of(row["base_currency_id"]), text_of(row["quote_currency_id"])
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["product_id"]),
        base=base,
        quote=quote,
        price_tick=decimal_of(row.get("price_increment") or row["quote_increment"]),
        quantity_step=decimal_of(row["base_increment"]),
        min_quantity=decimal_of(row["base_min_size"]),
        min_notional=decimal_of(row["quote_min_size"]),
        fee_maker=_FEE_MAKER,
        fee_taker=_FEE_TAKER,
        active=not (row.get("trading_disabled") or row.get("is_disabled") or row.get("view_only")),
    )


def _read_ticker(row: Mapping[str, Any], market: Market) -> Ticker:
    """Read what a product tells; of best prices and of the day's range it tells nothing."""
    return Ticker(
        symbol=market.symbol,
        time_ms=0,
        last=decimal_of(row["price"]),
        bid=ZERO,
        bid_quantity=ZERO,
        ask=ZERO,
        ask_quantity=ZERO,
        open=ZERO,
        high=ZERO,
        low=ZERO,
        volume=decimal_of(row.get("volume_24h") or "0"),
        volume_quote=decimal_of(row.get("approximate_quote_24h_volume") or "0"),
        trades=0,
    )


# -------------------------------------------------------------------------------------- fees
def decode_fees(view: ServerView) -> GetMarkets:
    """Read the question what the account pays. Raises: `BadInput`."""
    values.single(view)
    return GetMarkets()


def encode_fees(_op: GetMarkets, result: tuple[Market, ...], _view: ServerView) -> WireAnswer:
    """Write what the account pays; a paper account stands on the first step for ever."""
    maker = max((market.fee_maker for market in result), default=_FEE_MAKER)
    taker = max((market.fee_taker for market in result), default=_FEE_TAKER)
    return values.ok(
        {
            "total_volume": "0",
            "total_fees": "0",
            "fee_tier": {
                "pricing_tier": "Advanced 1",
                "usd_from": "0",
                "usd_to": "1000",
                "taker_fee_rate": plain(taker),
                "maker_fee_rate": plain(maker),
                "aop_from": "",
                "aop_to": "",
            },
            "margin_rate": None,
            "goods_and_services_tax": None,
            "advanced_trade_only_volume": "0",
            "advanced_trade_only_fees": "0",
            "coinbase_pro_volume": "0",
            "coinbase_pro_fees": "0",
            "total_balance": "",
            "has_promo_fee": False,
        }
    )
