"""What a bot's order says itself about its end: kept where it ends sooner, else ours in its place.

In the words of each exchange, and nothing beside them changes.
"""

from random import Random

import pytest

from drawbridge.catalogue.drawing import draw_secrets
from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.errors import NotProven
from drawbridge.core.secret import Secret
from drawbridge.exchanges.kraken.stream.trading import read_order
from drawbridge.wire.dialect import sign
from drawbridge.wire.http import FORM_TYPE, JSON_TYPE, Headers, WireRequest
from drawbridge.wire.proving import check_stamp
from drawbridge.wire.stamps import next_stamp

NOW_MS = 1_700_000_000_000
STAMP = "1700000000000"
UNTIL_MS = NOW_MS + 2_500


def _signed(exchange_id: str, request: WireRequest, until_ms: int | None = UNTIL_MS) -> WireRequest:
    exchange = get_exchange(exchange_id)
    drawn = draw_secrets(exchange.card.paper_key, Random(1).randbytes)
    told = {"api_secret": drawn.api_secret, "passphrase": drawn.passphrase}
    fields = {name: secret for name, secret in told.items() if secret is not None}
    credential = credential_of(exchange, {"api_key": Secret(drawn.api_key), **fields})
    stamp = str(next_stamp(exchange.card.stamp, NOW_MS, 0))
    return sign(exchange.dialect, request, credential, stamp, until_ms)


def _post(path: bytes, body: bytes, *headers: tuple[bytes, bytes]) -> WireRequest:
    kind: Headers = (JSON_TYPE if body.startswith(b"{") else FORM_TYPE,)
    return WireRequest("POST", path, b"", (*kind, *headers), body)


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        (b"symbol=BTCUSDT", b"timestamp=%b&recvWindow=2500&symbol=BTCUSDT&"),
        (b"symbol=BTCUSDT&recvWindow=60000", b"timestamp=%b&recvWindow=2500&symbol=BTCUSDT&"),
        (b"recvWindow=2500&symbol=BTCUSDT", b"timestamp=%b&recvWindow=2500&symbol=BTCUSDT&"),
        (b"symbol=BTCUSDT&recvWindow=900.5", b"timestamp=%b&symbol=BTCUSDT&recvWindow=900.5&"),
    ],
)
def test_parameters_that_are_signed(sent: bytes, signed: bytes) -> None:
    made = _signed("binance", _post(b"/api/v3/order", sent))
    assert made.body.startswith(signed % STAMP.encode() + b"signature=")
    in_query = WireRequest("DELETE", b"/api/v3/order", sent)
    assert _signed("binance", in_query).query.startswith(signed % STAMP.encode() + b"signature=")


def test_a_window_in_another_place_than_the_stamp_does_not_count_beside_ours() -> None:
    request = WireRequest("POST", b"/api/v3/order", b"recvWindow=60000", (), b"symbol=BTCUSDT")
    made = _signed("binance", request)
    assert made.query == b""
    assert get_exchange("binance").dialect.claim(made).window_ms == 2_500


@pytest.mark.parametrize(
    ("sent", "deadline"),
    [
        (b"pair=XBTUSD&volume=1", b"&deadline=2023-11-14T22%3A13%3A22.500Z"),
        (
            b"pair=XBTUSD&deadline=2023-11-14T22:14:20Z&volume=1",
            b"&deadline=2023-11-14T22%3A13%3A22.500Z",
        ),
        (b"pair=XBTUSD&deadline=2023-11-14T22%3A13%3A22Z&volume=1", b""),
        (b'{"pair":"XBTUSD"}', b'"deadline":"2023-11-14T22:13:22.500Z"'),
        (
            b'{"pair":"XBTUSD", "deadline" : "2023-11-14T22:14:20Z"}',
            b'"deadline" : "2023-11-14T22:13:22.500Z"',
        ),
    ],
)
def test_a_deadline_in_a_body(sent: bytes, deadline: bytes) -> None:
    made = _signed("kraken", _post(b"/0/private/AddOrder", sent))
    assert deadline in made.body
    assert made.body.count(b"deadline") == 1
    claim = get_exchange("kraken").dialect.claim(made)
    assert claim.until_ms == (UNTIL_MS if deadline else NOW_MS + 2_000)
    other = _signed("kraken", _post(b"/0/private/CancelOrder", b"txid=O1"))
    assert b"deadline" not in other.body


@pytest.mark.parametrize(
    ("sent", "window_ms"),
    [
        (b'{"symbol":"BTC-USDT","size":"0.10"}', 2_500),
        (b'{"symbol":"BTC-USDT","clientTimestamp":1699999999000,"allowMaxTimeWindow":5000}', 2_500),
        (b'{ "allowMaxTimeWindow": 5000 , "clientTimestamp": 1699999999000,"size":"0.10"}', 2_500),
        (b'{"clientTimestamp":1699999999500,"size":"0.10","allowMaxTimeWindow":1500}', 1_000),
    ],
)
def test_a_window_beside_its_own_stamp(sent: bytes, window_ms: int) -> None:
    made = _signed("kucoin", _post(b"/api/v1/hf/orders", sent))
    began = b'{"clientTimestamp":%b,"allowMaxTimeWindow":%d' % (STAMP.encode(), window_ms)
    assert made.body.startswith(began)
    assert made.body.count(b"allowMaxTimeWindow") == made.body.count(b"clientTimestamp") == 1
    assert get_exchange("kucoin").dialect.claim(made).until_ms == NOW_MS + window_ms
    for kept in (b'"symbol":"BTC-USDT"', b'"size":"0.10"'):
        assert (kept in made.body) == (kept in sent)


@pytest.mark.parametrize(
    ("exchange_id", "path", "header"),
    [
        ("okx", b"/api/v5/trade/order", b"exptime"),
        ("gate", b"/api/v4/spot/orders", b"x-gate-exptime"),
    ],
)
def test_an_end_in_a_header(exchange_id: str, path: bytes, header: bytes) -> None:
    exchange = get_exchange(exchange_id)
    plain = _signed(exchange_id, _post(path, b"{}"))
    assert plain.header(header) == b"%d" % UNTIL_MS
    sooner, later = (header, b"%d" % (NOW_MS + 900)), (header, b"%d" % (NOW_MS + 9_000))
    assert _signed(exchange_id, _post(path, b"{}", sooner)).header(header) == sooner[1]
    assert _signed(exchange_id, _post(path, b"{}", later)).header(header) == b"%d" % UNTIL_MS
    with pytest.raises(NotProven, match="deadline_passed"):
        check_stamp(exchange.card.stamp, exchange.dialect.claim(plain), UNTIL_MS + 1)
    assert _signed(exchange_id, _post(path, b"{}"), None).header(header) is None
    listing = _signed(exchange_id, WireRequest("GET", path))
    assert listing.header(header) is None


def test_an_order_over_a_socket_keeps_to_its_deadline_as_well() -> None:
    markets = get_exchange("kraken").card.markets()
    order = {
        "order_type": "limit",
        "side": "buy",
        "order_qty": 1,
        "symbol": "BTC/USD",
        "limit_price": 20_000,
        "deadline": "2023-11-14T22:13:20.500Z",
    }
    assert read_order(order, markets, NOW_MS + 500).symbol == "BTC/USD"
    with pytest.raises(NotProven, match="deadline_passed"):
        read_order(order, markets, NOW_MS + 501)
