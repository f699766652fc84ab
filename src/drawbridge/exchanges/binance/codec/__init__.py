"""How Binance writes requests and answers, both ways; see wire/codec.py for the contract.

`requests` writes what `commands` reads, `answers` writes what `results` reads; the words that
all four share stand in `tables`. Signing is not here.
"""

from typing import Final

from drawbridge.exchanges.binance.codec.answers import (
    encode_answer,
    limit_headers,
    order_id,
    trade_id,
    write_error,
)
from drawbridge.exchanges.binance.codec.commands import decode_request
from drawbridge.exchanges.binance.codec.requests import encode_request
from drawbridge.exchanges.binance.codec.results import decode_answer, read_error

# Query and body are read together.
BESIDE_BODY: Final = None

__all__ = [
    "BESIDE_BODY",
    "decode_answer",
    "decode_request",
    "encode_answer",
    "encode_request",
    "limit_headers",
    "order_id",
    "read_error",
    "trade_id",
    "write_error",
]
