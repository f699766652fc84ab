"""Binance's errors: where they stand in answers, and what they are read as."""

import pytest

from drawbridge.wire.errors import RawError
from drawbridge.wire.http import WireAnswer
from tests.exchanges.binance.answering import EXCHANGE


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (WireAnswer(200, b"{}"), None),
        (WireAnswer(200, b"[]"), None),
        (WireAnswer(200, b'{"code":200,"msg":"success"}'), None),
        (WireAnswer(200, b'{"code":-1003,"msg":"no"}'), RawError(200, "-1003", "no")),
        (WireAnswer(400, b'{"code":-1121,"msg":"Bad."}'), RawError(400, "-1121", "Bad.")),
        (WireAnswer(451, b'{"code":0,"msg":"place"}'), RawError(451, "0", "place")),
        (WireAnswer(403, b"<html>no"), RawError(403, "", "<html>no")),
        (WireAnswer(502, b"\xff"), RawError(502, "", "�")),
        (WireAnswer(500, b"[1]"), RawError(500, "", "[1]")),
        (WireAnswer(400, b'{"msg":"x"}'), RawError(400, "", '{"msg":"x"}')),
    ],
)
def test_errors_are_found_in_answers(answer: WireAnswer, wanted: RawError | None) -> None:
    assert EXCHANGE.codec.read_error(answer) == wanted


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (RawError(400, "-2015", "x"), "key_address_or_right"),
        (RawError(401, "-2015", "x"), "key_address_or_right"),
        (RawError(400, "-2008", "x"), "bad_key"),
        (RawError(401, "-1002", "x"), "right_missing"),
        (RawError(400, "-2010", "Account has insufficient balance for …"), "insufficient_funds"),
        (RawError(400, "-2010", "Something new."), "refused"),
        (RawError(400, "-1013", "Filter failure: MIN_NOTIONAL"), "notional_too_small"),
        (RawError(400, "-1013", "Filter failure: ICEBERG_PARTS"), "refused"),
        (RawError(418, "-1003", "x"), "banned"),
        (RawError(429, "-1003", "x"), "rate_limited"),
        (RawError(429, "-1015", "x"), "order_rate_limited"),
        (RawError(429, "", "<html>"), "rate_limited"),
        (RawError(403, "", "<html>"), "rate_limited"),
        (RawError(451, "0", "x"), "place_restricted"),
        (RawError(400, "-1007", "x"), "timed_out"),
        (RawError(503, "-1008", "x"), "overloaded"),
        (RawError(503, "", "Unknown error, please check …"), "exchange_fault"),
        (RawError(400, "-1001", "x"), "exchange_fault"),
        (RawError(400, "-9999", "x"), "refused"),
    ],
)
def test_errors_are_read_as_reasons(raw: RawError, code: str) -> None:
    assert EXCHANGE.errors.read(raw).code == code
