"""One of our errors in an exchange's own status, code and words. Pure.

For whoever answers in an exchange's place. Which reason stands for an error that the exchange has
no words for is decided by who asks.
"""

from dataclasses import replace
from typing import Final

from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.wire.codec import ServerCodec
from drawbridge.wire.errors import ErrorTable
from drawbridge.wire.http import WireAnswer

_TOO_MANY: Final = frozenset({418, 429})


def write_refusal(
    errors: ErrorTable, codec: ServerCodec, error: DrawbridgeError, path: bytes = b""
) -> WireAnswer:
    """Speak an error as the exchange would to a request at that path, with the wait it tells."""
    raw = errors.speak(error.code, error.facts)
    answer = codec.write_error(replace(raw, path=path))
    if isinstance(error, ExchangeDown) and answer.status in _TOO_MANY:
        seconds = -(-error.retry_after_ms // 1_000)
        wait = (b"retry-after", str(seconds).encode())
        return WireAnswer(answer.status, answer.body, (*answer.headers, wait))
    return answer
