"""T2: sign one order for Binance, against ccxt's `sign()` of the same order.

Ours starts from the written request, ccxt's from the written values that its `sign()` joins;
writing ours is told beside it. Both end with the bytes that travel, which are compared first.
"""

from decimal import Decimal
from typing import Any, Final

import ccxt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from benchmarks.measure import Result, compare, measured
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import Credential, sign

_NOW_MS: Final = 1_700_000_000_000
_KEY: Final = "drawbridgeBenchmarkKey".ljust(64, "0")
_EXCHANGE: Final = get_exchange("binance")
_MARKETS: Final = _EXCHANGE.card.markets()
_ORDER: Final = PlaceOrder(
    symbol="BTC/USDT",
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal("20000.01"),
    client_id="dbabcdefghij234567",
)
# In the order in which ccxt's own create_order hands them to sign().
_PARAMS: Final = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "newClientOrderId": "dbabcdefghij234567",
    "newOrderRespType": "FULL",
    "type": "LIMIT",
    "quantity": "0.001",
    "price": "20000.01",
    "timeInForce": "GTC",
}
# Kind of key: target ratio and how many orders make a round of useful length.
_KINDS: Final = {"HMAC": (0.25, 2_000), "Ed25519": (0.55, 1_000), "RSA": (0.02, 60)}


def run() -> list[Result]:
    """Compare for each kind of key."""
    secrets = {
        "HMAC": "drawbridgeBenchmarkSecret".ljust(64, "0"),
        "Ed25519": _pem(ed25519.Ed25519PrivateKey.generate()),
        "RSA": _pem(rsa.generate_private_key(public_exponent=65_537, key_size=2_048)),
    }
    return [_result(kind, secrets[kind]) for kind in _KINDS]


def _pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    return (
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
        .strip()
    )


def _result(kind: str, secret: str) -> Result:
    target, count = _KINDS[kind]
    credential = Credential(_KEY, _EXCHANGE.keys.signer(Secret(secret)))
    client: Any = ccxt.binance({"apiKey": _KEY, "secret": secret})
    client.milliseconds = lambda: _NOW_MS
    stamp = str(_NOW_MS)

    request = _EXCHANGE.codec.encode_request(_ORDER, _MARKETS)

    def ours() -> bytes:
        return sign(_EXCHANGE.dialect, request, credential, stamp).body

    def reference() -> bytes:
        signed = client.sign("order", ["private"], "POST", dict(_PARAMS))
        body: str = signed["body"]
        return body.encode()

    if ours() != reference():
        message = f"{kind}: the two sides do not sign the same bytes"
        raise AssertionError(message)
    pair = compare(
        lambda: [ours() for _ in range(count)], lambda: [reference() for _ in range(count)]
    )
    writing = measured(
        lambda: [_EXCHANGE.codec.encode_request(_ORDER, _MARKETS) for _ in range(count)]
    )
    micros = 1e6 / count
    return Result(
        "T2",
        f"sign one order, {kind}: CPU / ccxt",
        pair.cpu_ratio,
        target,
        f"{pair.ours.cpu_s * micros:.1f} µs against {pair.reference.cpu_s * micros:.1f} µs; "
        f"writing {writing.cpu_s * micros:.1f} µs",
        at_least=False,
    )
