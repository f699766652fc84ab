"""T2: sign one order for Kraken, against ccxt's `sign()` of the same order.

Ours starts from the written request, ccxt's from the written values that its `sign()` joins;
writing ours is told beside it. Both end with the bytes that travel, which are compared first.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import ccxt

from benchmarks.measure import Result, compare, measured
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import WireRequest

_NOW_MS: Final = 1_700_000_000_000
_KEY: Final = "drawbridgeBenchmarkKey".ljust(56, "0")
_SECRET: Final = "drawbridgeBenchmarkSecret".ljust(86, "A") + "=="
_TARGET: Final = 0.25
_ORDERS: Final = 2_000
_EXCHANGE: Final = get_exchange("kraken")
_MARKETS: Final = _EXCHANGE.card.markets()
_ORDER: Final = PlaceOrder(
    symbol="BTC/USD",
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal("20000.1"),
    client_id="dbabcdefghij234567",
)
# In the order in which ccxt's own create_order hands them to sign().
_PARAMS: Final = {
    "pair": "XXBTZUSD",
    "type": "buy",
    "ordertype": "limit",
    "volume": "0.001",
    "cl_ord_id": "dbabcdefghij234567",
    "price": "20000.1",
}


def run() -> list[Result]:
    """Compare the two sides with writing the request on neither."""
    credential = Credential(_KEY, _EXCHANGE.keys.signer(Secret(_SECRET)))
    client: Any = ccxt.kraken({"apiKey": _KEY, "secret": _SECRET})
    client.incrementing_nonce = lambda: _NOW_MS
    request, stamp = _EXCHANGE.codec.encode_request(_ORDER, _MARKETS), str(_NOW_MS)

    def ours() -> WireRequest:
        return sign(_EXCHANGE.dialect, request, credential, stamp)

    def reference() -> dict[str, Any]:
        signed: dict[str, Any] = client.sign("AddOrder", ["private"], "POST", dict(_PARAMS))
        return signed

    mine, theirs = ours(), reference()
    signature = theirs["headers"]["API-Sign"].encode()
    if (mine.body, mine.header(b"api-sign")) != (theirs["body"].encode(), signature):
        message = "the two sides do not sign the same bytes"
        raise AssertionError(message)
    pair = compare(lambda: _many(ours), lambda: _many(reference))
    writing = measured(lambda: _many(lambda: _EXCHANGE.codec.encode_request(_ORDER, _MARKETS)))
    micros = 1e6 / _ORDERS
    details = (
        f"{pair.ours.cpu_s * micros:.1f} µs against {pair.reference.cpu_s * micros:.1f} µs; "
        f"writing {writing.cpu_s * micros:.1f} µs"
    )
    return [
        Result(
            "T2",
            "sign one order, nonce in the body: CPU / ccxt",
            pair.cpu_ratio,
            _TARGET,
            details,
            at_least=False,
        )
    ]


def _many(side: Callable[[], object]) -> None:
    """Do it many times, keeping nothing: a gateway sends what it signed and forgets it."""
    for _ in range(_ORDERS):
        side()
