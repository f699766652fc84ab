"""What signals say: read strictly, whatever strangers send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.trading.hook_message import hook_message
from drawbridge.trading.signal_words import (
    GOOD_FOR_MS,
    Action,
    is_about,
    read_body,
    read_message,
)

NOW_MS = 1_790_000_000_000
GOOD = {"action": "buy", "time": NOW_MS}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"action": "hold"}, "signal_action", "action"),
        ({"action": None}, "signal_action", "action"),
        ({"action": ["buy"]}, "signal_field", "action"),
        ({"action": True}, "signal_field", "action"),
        ({"time": None}, "signal_time", "time"),
        ({"time": "yesterday"}, "signal_time", "time"),
        ({"time": "2026-02-30T00:00:00Z"}, "signal_time", "time"),
        ({"time": True}, "signal_time", "time"),
        ({"time": -1}, "signal_time", "time"),
        ({"time": 10**30}, "signal_time", "time"),
        ({"time": "9" * 5_000}, "signal_time", "time"),
        ({"time": "{{timenow}}"}, "signal_time", "time"),
        ({"time": NOW_MS - GOOD_FOR_MS - 1}, "signal_too_old", "time"),
        ({"time": NOW_MS + MINUTE_MS + 1}, "signal_from_the_future", "time"),
        ({"price": "much"}, "not_a_number", "price"),
        ({"price": "-5"}, "not_positive", "price"),
        ({"price": "NaN"}, "not_a_number", "price"),
        ({"price": {}}, "signal_field", "price"),
        ({"id": "x" * 129}, "signal_id", "id"),
        ({"id": "a\x00b"}, "signal_id", "id"),
    ],
)
def test_a_bad_field_is_named(changes: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(BadInput, match=code) as refused:
        read_message({**GOOD, **changes}, NOW_MS)
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"secret"',
        b'{"secret": 5}',
        b"{}",
        b"\xff\xfe",
        b"[" * 8_000,
        b'{"a":' * 1_500,
        b'{"secret":"s","price":' + b"9" * 5_000 + b"}",
        b"secret=s&action=buy",
    ],
)
def test_what_is_no_message_is_not_readable(body: bytes) -> None:
    with pytest.raises(BadInput, match="signal_not_readable"):
        read_body(body)


@given(st.binary(max_size=300))
def test_whatever_bytes_come_they_are_read_or_refused(body: bytes) -> None:
    try:
        _, told = read_body(body)
        read_message(told, NOW_MS)
    except BadInput:
        return


@given(
    st.dictionaries(
        st.sampled_from(["action", "time", "id", "price", "symbol"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=60) | st.floats(),
    )
)
def test_whatever_fields_come_they_are_read_or_refused(told: dict[str, object]) -> None:
    body = json.dumps({"secret": "s", **told}).encode()
    try:
        _, read = read_body(body)
        read_message(read, NOW_MS)
    except BadInput:
        return


@pytest.mark.parametrize(
    "time",
    [
        NOW_MS,
        NOW_MS // 1_000,
        f" {NOW_MS} ",
        "2026-09-21T14:13:20Z",
        "2026-09-21T14:13:20",
        "2026-09-21T16:13:20+02:00",
    ],
)
def test_a_time_is_read_in_every_usual_way(time: object) -> None:
    assert read_message({**GOOD, "time": time}, NOW_MS).sent_ms == NOW_MS


def test_a_signal_is_one_by_its_id_or_else_by_its_time_and_action() -> None:
    assert read_message({**GOOD, "id": "long 1"}, NOW_MS).name == "id:long 1"
    assert read_message(GOOD, NOW_MS).name == f"at:{NOW_MS}:buy"


def test_what_tradingview_makes_of_our_message_is_read() -> None:
    filled = hook_message("s3cret")
    for name, value in {
        "strategy.order.action": "sell",
        "ticker": "BTCUSDT",
        "close": "65000.10",
        "strategy.order.id": "Close Long",
        "time": "2026-09-21T14:00:00Z",
        "timenow": "2026-09-21T14:13:20Z",
    }.items():
        filled = filled.replace("{{" + name + "}}", value)
    secret, told = read_body(filled.encode())
    message = read_message(told, NOW_MS)
    assert secret.reveal() == "s3cret"
    assert "secret" not in told
    assert (message.action, str(message.price)) == (Action.SELL, "65000.10")
    assert message.name == "id:Close Long 2026-09-21T14:00:00Z"
    assert is_about(message.symbol, "BTC/USDT")


@pytest.mark.parametrize(
    ("told", "symbol", "same"),
    [
        ("", "BTC/USDT", True),
        ("BTCUSDT", "BTC/USDT", True),
        ("BINANCE:BTCUSDT", "BTC/USDT", True),
        ("btc-usdt", "BTC/USDT", True),
        ("BTC/USDT", "BTC/USDT", True),
        ("ETHUSDT", "BTC/USDT", False),
        ("BTCUSDT.P", "BTC/USDT", False),
        ("BTCUSDT.P", "BTC/USDT:USDT", True),
        ("BTC/USDT:USDT", "BTC/USDT:USDT", True),
        ("BTCUSD", "BTC/USDT", False),
    ],
)
def test_a_symbol_is_known_as_charts_write_it(told: str, symbol: str, *, same: bool) -> None:
    assert is_about(told, symbol) is same
