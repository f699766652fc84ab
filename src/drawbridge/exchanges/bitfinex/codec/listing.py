"""What the exchange offers: its pairs and currencies as configuration, and whether it is up.

Configuration is asked for by names, several at once, and answered by a list with one member for
each. The clock is that of the answer itself: nothing else tells it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final

from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.bitfinex.codec import names, values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, list_of, text_of, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest

# In the order in which ccxt asks for them.
_PAIRS: Final = (
    "pub:info:pair",
    "pub:info:pair:futures",
    "pub:list:pair:securities",
    "pub:list:pair:margin",
)
_CURRENCIES: Final = (
    "pub:list:currency",
    "pub:map:currency:sym",
    "pub:map:currency:label",
    "pub:map:currency:unit",
    "pub:map:currency:undl",
    "pub:map:currency:pool",
    "pub:map:currency:explorer",
    "pub:map:currency:tx:fee",
    "pub:map:tx:method",
    "pub:info:tx:status",
    "pub:list:currency:margin",
)
# Prices have up to 5 significant digits and up to 8 decimals, amounts up to 8 decimals.
PRICE_TICK: Final = Decimal("0.00000001")
QUANTITY_STEP: Final = Decimal("0.00000001")
PRICE_DIGITS: Final = 5
PLACES: Final = 8
# No list of pairs tells fees. They stand on the card, and a test holds these against it.
FEE_MAKER: Final = Decimal("0.001")
FEE_TAKER: Final = Decimal("0.002")
_MOST_IN_AN_ORDER: Final = "100000.0"
_IS_UP: Final = 1
_DATE: Final = b"date"


# --------------------------------------------------------------------------------------- time
def encode_status(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the question whether the exchange is up."""
    return values.public("platform/status")


def decode_status(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_status_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write that it is up, and when."""
    when = format_datetime(datetime.fromtimestamp(result.time_ms // 1_000, UTC), usegmt=True)
    return WireAnswer(200, write_document([_IS_UP]), (JSON_TYPE, (_DATE, when.encode("ascii"))))


def decode_status_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read when it was answered, to the second; `ValueError` where that does not stand there."""
    when = parsedate_to_datetime((answer.header(_DATE) or b"").decode("ascii"))
    return ServerTime(int(when.timestamp()) * 1_000)


# ------------------------------------------------------------------------------ configuration
def encode_pairs(_operation: GetMarkets, _markets: Markets) -> WireRequest:
    """Write the request for pairs; all are told."""
    return values.public(f"conf/{','.join(_PAIRS)}")


def encode_currencies(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the request for currencies."""
    return values.public(f"conf/{','.join(_CURRENCIES)}")


def decode_conf(view: ServerView) -> GetMarkets | GetCurrencies:
    """Read a request for configuration, which is of pairs or of currencies."""
    return GetMarkets() if any("pair" in name for name in _asked(view)) else GetCurrencies()


def encode_conf(
    _op: GetMarkets | GetCurrencies, result: tuple[Any, ...], view: ServerView
) -> WireAnswer:
    """Write each part that was asked for; what there is nothing to tell of is an empty list."""
    pairs = [row for row in result if isinstance(row, Market)]
    currencies = [row for row in result if isinstance(row, Currency)]
    told = [_part(name, pairs, currencies) for name in _asked(view)]
    return values.success(told)


def decode_pairs_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read pairs, narrowed to those that were asked for."""
    found = (_read_pair(list_of(row)) for row in list_of(values.rows_of(answer)[0]))
    wanted = operation.symbols
    return tuple(market for market in found if not wanted or market.symbol in wanted)


def decode_currencies_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read currencies; those of contracts are left out."""
    document = values.rows_of(answer)
    labels = {text_of(list_of(row)[0]): text_of(list_of(row)[1]) for row in list_of(document[2])}
    ids = [text_of(name) for name in list_of(document[0])]
    return tuple(
        Currency(names.currency_of(name), labels.get(name, name), PLACES)
        for name in ids
        if not name.endswith("F0")
    )


def _part(name: str, pairs: Sequence[Market], currencies: Sequence[Currency]) -> list[object]:
    if name in _OF_PAIRS:
        return _OF_PAIRS[name](pairs)
    return _OF_CURRENCIES[name](currencies) if name in _OF_CURRENCIES else []


def _asked(view: ServerView) -> list[str]:
    return view.request.path.rpartition(b"/")[2].decode("ascii").split(",")


def _read_pair(row: Sequence[Any]) -> Market:
    pair, facts = text_of(row[0]), list_of(row[1])
    base, quote = names.currencies_of(pair)
    return Market(
        symbol=f"{base}/{quote}",
        id=names.market_id(pair),
        base=base,
        quote=quote,
        price_tick=PRICE_TICK,
        quantity_step=QUANTITY_STEP,
        min_quantity=decimal_of(facts[3]),
        min_notional=ZERO,
        fee_maker=FEE_MAKER,
        fee_taker=FEE_TAKER,
        price_digits=PRICE_DIGITS,
    )


def _pair_facts(pairs: Sequence[Market]) -> list[object]:
    rows: list[object] = []
    for market in pairs:
        facts: list[object] = [None] * 12
        facts[3:5] = [f"{market.min_quantity:f}", _MOST_IN_AN_ORDER]
        rows.append([names.pair_of(market.id), facts])
    return rows


def _pair_names(pairs: Sequence[Market]) -> list[object]:
    return [names.pair_of(market.id) for market in pairs]


def _currency_names(currencies: Sequence[Currency]) -> list[object]:
    return [names.currency_id(row.code) for row in currencies]


def _labels(currencies: Sequence[Currency]) -> list[object]:
    return [[names.currency_id(row.code), row.name] for row in currencies]


def _shown(currencies: Sequence[Currency]) -> list[object]:
    return [[name, names.SHOWN[name]] for name in _known(currencies) if name in names.SHOWN]


def _withdrawal_fees(currencies: Sequence[Currency]) -> list[object]:
    # Money cannot leave the paper exchange, so it costs nothing to send.
    return [[name, [0, 0]] for name in _known(currencies)]


def _methods(currencies: Sequence[Currency]) -> list[object]:
    on_chain = [name for name in _known(currencies) if name in names.NETWORKS]
    return [[names.NETWORKS[name], [name]] for name in on_chain]


def _method_states(currencies: Sequence[Currency]) -> list[object]:
    # Neither way is open on paper: zero for deposits, zero for withdrawals.
    on_chain = [name for name in _known(currencies) if name in names.NETWORKS]
    closed = [0, 0, None, None, None, None, 0, 0, None, None, 0]
    return [[names.NETWORKS[name], *closed] for name in on_chain]


def _known(currencies: Sequence[Currency]) -> list[str]:
    return [names.currency_id(row.code) for row in currencies]


_OF_PAIRS: Final[Mapping[str, Callable[[Sequence[Market]], list[object]]]] = {
    "pub:info:pair": _pair_facts,
    "pub:list:pair:exchange": _pair_names,
}
_OF_CURRENCIES: Final[Mapping[str, Callable[[Sequence[Currency]], list[object]]]] = {
    "pub:list:currency": _currency_names,
    "pub:map:currency:sym": _shown,
    "pub:map:currency:label": _labels,
    "pub:map:currency:tx:fee": _withdrawal_fees,
    "pub:map:tx:method": _methods,
    "pub:info:tx:status": _method_states,
}
