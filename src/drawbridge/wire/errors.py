"""Two-way error tables: an exchange's status, code and text to our families, and back.

Reading goes by the most exact row first: code and text, then code, then status. Speaking goes
by our reason. How a code and a text stand in a body is the codec's business.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.errors import (
    BadInput,
    Conflict,
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.money import plain

FAMILIES: Final[Mapping[str, type[DrawbridgeError]]] = {
    "bad_input": BadInput,
    "not_proven": NotProven,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "conflict": Conflict,
    "refused": ExchangeRefused,
    "down": ExchangeDown,
    "unknown": OutcomeUnknown,
}

# Reasons that only some exchanges have words for, and what the others say in their place.
_NEAREST: Final[Mapping[str, str]] = {
    "trigger_would_fire": "price_out_of_range",
    "reduce_only_rejected": "too_large",
    # The thing is allowed and only reading it is: few exchanges say so.
    "right_read_only": "right_missing",
    "bad_stream_token": "bad_key",
    "deadline_passed": "stale_stamp",
}

_SERVER_FAULT = range(500, 600)
_TOO_MANY = frozenset({418, 429})
_MAX_TOLD = 200
_RETRY_MS = 1_000


@dataclass(frozen=True, slots=True)
class RawError:
    """What an answer says went wrong, in the exchange's own words.

    `path` is that of the request which is answered, where an exchange says its errors in several
    ways; it is known only to who writes one.
    """

    status: int
    code: str
    message: str
    path: bytes = b""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row: `status` 0 fits any; `pattern` is matched at the start of the text.

    `message` is what we speak, with `{facts}` in braces; `speaks` marks the row that is used
    for its reason when several read to the same one.
    """

    status: int
    code: str
    reason: str
    family: str
    message: str = ""
    pattern: str = ""
    speaks: bool = True
    retry_after_ms: int = 0


class ErrorTable:
    """An exchange's error table, read in both directions."""

    __slots__ = ("_by_code", "_fallback", "_spoken")

    def __init__(self, rows: Iterable[ErrorRow], fallback: str = "malformed") -> None:
        """Index the rows; `fallback` is the reason spoken for a reason without a row."""
        self._by_code: dict[str, list[tuple[re.Pattern[str] | None, ErrorRow]]] = {}
        self._spoken: dict[str, ErrorRow] = {}
        for row in rows:
            pattern = re.compile(row.pattern) if row.pattern else None
            self._by_code.setdefault(row.code, []).append((pattern, row))
            if row.speaks:
                self._spoken.setdefault(row.reason, row)
        for candidates in self._by_code.values():
            candidates.sort(key=lambda pair: pair[0] is None)
        self._fallback = fallback

    def read(self, raw: RawError) -> DrawbridgeError:
        """Turn what the exchange said into one of our errors; an unlisted code stays a refusal.

        Why: an answer that we do not know is a definite answer all the same, unless its status
        says that the exchange itself failed; then nobody knows what happened.
        """
        told = raw.message[:_MAX_TOLD]
        for pattern, row in self._by_code.get(raw.code, ()):
            if row.status not in {0, raw.status} and raw.status:
                continue
            if pattern is None or pattern.match(raw.message):
                return _error(row, raw.status, told)
        if raw.status in _TOO_MANY:
            return ExchangeDown("rate_limited", retry_after_ms=_RETRY_MS, told=told)
        if raw.status in _SERVER_FAULT:
            return OutcomeUnknown("exchange_fault", status=raw.status, told=told)
        return ExchangeRefused("refused", exchange_code=raw.code, told=told)

    def speak(self, reason: str, facts: Mapping[str, object]) -> RawError:
        """Say a reason as this exchange says it, or the nearest that it has words for."""
        row = self._spoken.get(reason) or self._spoken.get(_NEAREST.get(reason, self._fallback))
        row = row or self._spoken[self._fallback]
        # An amount is told with all its digits, never with an exponent.
        told = {name: _worded(value) for name, value in facts.items()}
        try:
            message = row.message.format_map(told)
        except (KeyError, ValueError):
            message = row.message
        return RawError(row.status or 400, row.code, message)

    def speaks(self, reason: str) -> bool:
        """Tell whether there is a row to say this reason by."""
        return reason in self._spoken

    def rows(self) -> tuple[ErrorRow, ...]:
        """Give all rows, for checks and documents."""
        return tuple(row for rows in self._by_code.values() for _, row in rows)


def read_error_table(text: str) -> ErrorTable:
    """Read an `errors.toml`.

    Shape: `fallback = reason` and `[[error]] status code reason family message pattern speaks
    retry_after_ms`. Raises: `ValueError` for an unknown family: our own fault, it stops the start.
    """
    document = tomllib.loads(text)
    rows = []
    for row in document["error"]:
        if row["family"] not in FAMILIES:
            message = f"error {row['code']}: unknown family {row['family']}"
            raise ValueError(message)
        rows.append(ErrorRow(**row))
    return ErrorTable(rows, document.get("fallback", "malformed"))


def _worded(value: object) -> object:
    return plain(value) if isinstance(value, Decimal) else value


def _error(row: ErrorRow, status: int, told: str) -> DrawbridgeError:
    family = FAMILIES[row.family]
    if family is ExchangeDown:
        return ExchangeDown(row.reason, retry_after_ms=row.retry_after_ms or _RETRY_MS, told=told)
    return family(row.reason, status=status, told=told)
