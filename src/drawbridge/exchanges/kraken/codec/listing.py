"""What Kraken lists: its clock, its assets, its pairs with their rules.

Each operation stands here four times: its request written and read, its answer written and read.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import places_of
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.kraken.codec import names, values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest

_PERCENT: Final = 100
_MAX_PLACES: Final = 20


# --------------------------------------------------------------------------------------- time
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the request for the exchange's clock."""
    return values.public(b"Time")


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write the clock, in whole seconds as Kraken does."""
    now = datetime.fromtimestamp(result.time_ms // 1_000, UTC)
    text = now.strftime("%a, %d %b %y %H:%M:%S +0000")
    return values.success({"unixtime": result.time_ms // 1_000, "rfc1123": text})


def encode_status_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write that the exchange is there."""
    now = datetime.fromtimestamp(result.time_ms // 1_000, UTC)
    return values.success({"status": "online", "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ")})


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the clock."""
    return ServerTime(int(values.result_of(answer)["unixtime"]) * 1_000)


# ------------------------------------------------------------------------------------- assets
def encode_assets(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the request for the currencies."""
    return values.public(b"Assets")


def decode_assets(_view: ServerView) -> GetCurrencies:
    """Read it; which assets were asked for is seen when the answer is written."""
    return GetCurrencies()


def encode_assets_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], view: ServerView
) -> WireAnswer:
    """Write the assets, all or those asked for."""
    asked = values.read_query(view).get("asset", "")
    wanted = {names.currency_of(asset) for asset in asked.split(",")} if asked else None
    return values.success(
        {
            names.asset_id(currency.code): {
                "aclass": "currency",
                "altname": names.altname(currency.code),
                "decimals": currency.places,
                "display_decimals": min(currency.places, values.COST_PLACES),
                "status": "enabled",
            }
            for currency in result
            if wanted is None or currency.code in wanted
        }
    )


def decode_assets_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read the assets."""
    return tuple(
        Currency(names.currency_of(asset), names.currency_of(asset), int(row["decimals"]))
        for asset, row in values.result_of(answer).items()
    )


# -------------------------------------------------------------------------------------- pairs
def encode_pairs(operation: GetMarkets, markets: Markets) -> WireRequest:
    """Write the request for the pairs."""
    return values.public(b"AssetPairs", names.pairs_query(operation.symbols, markets))


def decode_pairs(view: ServerView) -> GetMarkets:
    """Read it. Raises: `NotFound("unknown_symbol")`."""
    return GetMarkets(names.symbols_asked(view, values.read_query(view).get("pair", "")))


def encode_pairs_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write the pairs with their rules; fees travel as percent."""
    return values.success({market.id: _pair(market) for market in result})


def decode_pairs_answer(
    _op: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read the pairs; those that are no plain pairs of two assets are left out."""
    return tuple(
        _market(pair, row)
        for pair, row in values.result_of(answer).items()
        if row.get("wsname") and ":" not in pair
    )


def _pair(market: Market) -> dict[str, object]:
    places = places_of(market.price_tick)
    return {
        "altname": names.pair_altname(market),
        "wsname": names.pair_wsname(market),
        "aclass_base": "currency",
        "base": names.asset_id(market.base),
        "aclass_quote": "currency",
        "quote": names.asset_id(market.quote),
        "lot": "unit",
        "cost_decimals": values.COST_PLACES,
        "pair_decimals": places,
        "lot_decimals": places_of(market.quantity_step),
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, _percent(market.fee_taker)]],
        "fees_maker": [[0, _percent(market.fee_maker)]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": values.padded(market.min_quantity, 0),
        "costmin": values.padded(market.min_notional, 0),
        "tick_size": values.padded(market.price_tick, 0),
        "status": "online" if market.active else "cancel_only",
    }


def _percent(fee: Decimal) -> object:
    # Kraken writes these as JSON numbers; of a ratio of whole numbers it is the nearest one.
    numerator, denominator = (fee * _PERCENT).as_integer_ratio()
    return numerator if denominator == 1 else numerator / denominator


def _market(pair: str, row: dict[str, object]) -> Market:
    base, quote = (names.currency_of(values.text_of(row[side])) for side in ("base", "quote"))
    maker = row.get("fees_maker") or row["fees"]
    tick = row.get("tick_size") or str(Decimal(1).scaleb(-_count(row["pair_decimals"])))
    altname, wsname = values.text_of(row["altname"]), values.text_of(row["wsname"])
    symbol = f"{base}/{quote}"
    others = dict.fromkeys((altname, wsname, base + quote, symbol))
    return Market(
        symbol=symbol,
        id=pair,
        base=base,
        quote=quote,
        price_tick=values.amount(tick),
        quantity_step=Decimal(1).scaleb(-_count(row["lot_decimals"])),
        min_quantity=values.amount(row.get("ordermin", "0")),
        min_notional=values.amount(row.get("costmin", "0")),
        fee_maker=_fee(maker),
        fee_taker=_fee(row["fees"]),
        aliases=tuple(name for name in others if name != pair),
        active=row.get("status", "online") == "online",
    )


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _MAX_PLACES:
        message = "a count of decimals expected"
        raise TypeError(message)
    return value


def _fee(steps: object) -> Decimal:
    if not isinstance(steps, list):
        message = "a list of fees expected"
        raise TypeError(message)
    return values.amount(steps[0][1]) / _PERCENT
