"""Frames as bytes: what a connection wants of all its frames is set once, by flags."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import IntFlag
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.money import plain
from drawbridge.exchanges.bitfinex.stream.channels import ACCOUNT
from drawbridge.wire.documents import write_document

_MOST_FLAGS: Final = 2**31


class Flags(IntFlag):
    """What may be wanted: amounts as texts, times, numbers in a row, checksums of books."""

    NONE = 0
    AMOUNTS_AS_TEXT = 8
    TIMESTAMP = 32_768
    SEQUENCE = 65_536
    CHECKSUM = 131_072


def read_flags(value: object) -> tuple[int, Flags]:
    """Read flags as they were sent, and those of them that we know. Raises: `BadInput`."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST_FLAGS:
        raise BadInput("malformed", field="flags")
    known = Flags.NONE
    for flag in Flags:
        known |= flag if value & flag else Flags.NONE
    return value, known


class Frames:
    """Writes the frames of one connection."""

    __slots__ = ("_account_sequence", "_sequence", "flags")

    def __init__(self) -> None:
        """Begin without any flag."""
        self.flags = Flags.NONE
        self._sequence = 0
        self._account_sequence = 0

    def message(self, number: int, parts: Sequence[object], now_ms: int) -> str:
        """Write what is told on a channel."""
        row: list[object] = [number, *parts]
        if self.flags & Flags.SEQUENCE:
            self._sequence += 1
            row.append(self._sequence)
            if number == ACCOUNT:
                self._account_sequence += 1
                row.append(self._account_sequence)
        if self.flags & Flags.TIMESTAMP:
            row.append(now_ms)
        told = _with_texts(row) if self.flags & Flags.AMOUNTS_AS_TEXT else row
        return write_document(told).decode("ascii")

    @staticmethod
    def event(document: Mapping[str, object]) -> str:
        """Write an event of the connection itself."""
        return write_document(document).decode("utf-8")


def _with_texts(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    return [_with_texts(it) for it in value] if isinstance(value, list) else value
