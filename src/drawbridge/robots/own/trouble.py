"""What goes wrong in a person's code, told as an error of ours: the line, the candle, the words."""

from __future__ import annotations

from typing import Final

from drawbridge.core.errors import BadInput, DrawbridgeError

_MOST_TOLD: Final = 200


def line_of(error: BaseException, file: str) -> int:
    """Give the last line of a file that an error came through; 0 when it did not."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def told(error: BaseException) -> str:
    """Give what an error says, bounded."""
    return f"{type(error).__name__}: {error}"[:_MOST_TOLD]


def shown(value: object) -> str:
    """Give a value as Python writes it, bounded."""
    return repr(value)[:_MOST_TOLD]


def failed(error: Exception, file: str, candle: int) -> DrawbridgeError:
    """Give what a person's code raised as our error, with candle and line."""
    if isinstance(error, DrawbridgeError):
        error.facts.setdefault("candle", candle)
        return error
    facts = {"candle": candle, "line": line_of(error, file)}
    return BadInput("own_failed", field="file", told=told(error), **facts)


class Telling:
    """A block of a person's code at a candle; what it raises becomes our error.

    Raises: `BadInput("own_failed")` with candle and line.
    """

    __slots__ = ("_at", "_file")

    def __init__(self, file: str, at: list[int]) -> None:
        """Take the person's file, and the list that holds the number of the candle."""
        self._file, self._at = file, at

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Let pass what ends a program."""
        if isinstance(error, Exception):
            raise failed(error, self._file, self._at[0]) from None
