"""JSON in and out, with exact amounts and typed access.

Numbers with a fraction become Decimals, never floats. Reading an answer wraps itself in
`reading`, so that whatever is strange about it means one thing: the outcome is unknown.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Real
from types import TracebackType
from typing import Any, Final

import orjson

from drawbridge.core.errors import BadInput, NotFound, OutcomeUnknown
from drawbridge.core.money import parse_decimal, plain

_MOST_DIGITS: Final = 40
_MOST_DEPTH: Final = 64
_UNREADABLE: Final = (
    ArithmeticError,
    AttributeError,
    BadInput,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def parse_document(body: bytes | str) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Read JSON; fractions as Decimal, whole numbers as int.

    Raises: `BadInput("malformed")`, also for numbers of endless length and nesting without end.
    """
    try:
        # orjson is strict and fast; only a text with a fraction or an exponent needs the other.
        document = orjson.loads(body)
        return _exact(body) if _has_fraction(document, _MOST_DEPTH) else document
    except (ValueError, RecursionError, UnicodeDecodeError):
        raise BadInput("malformed", field="body") from None


def parse_object(body: bytes | str) -> dict[str, Any]:
    """Read JSON that must be an object. Raises: `BadInput("malformed")`."""
    document = parse_document(body)
    if not isinstance(document, dict):
        raise BadInput("malformed", field="body")
    return document


def write_document(document: object) -> bytes:
    """Write JSON; a Decimal becomes a plain number with all of its digits."""
    return orjson.dumps(document, default=_plain_number)


class reading:  # noqa: N801 - used like the function that it would be
    """Turn whatever reading a strange answer can raise into one error.

    That there is no such order is a plain answer and passes; a pair nobody knows is none.
    Raises: `OutcomeUnknown("unreadable_answer")`.
    Why no generator: every answer is read inside of one, and this costs it a fifth.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        """Begin to read."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End, with one error for all."""
        if error is None:
            return
        if isinstance(error, NotFound):
            if error.code == "unknown_symbol":
                raise OutcomeUnknown("unreadable_answer") from None
            return
        if isinstance(error, _UNREADABLE):
            raise OutcomeUnknown("unreadable_answer") from None


def text_of(value: object, field: str = "text") -> str:
    """Give a text. Raises: `BadInput("malformed")` for anything else."""
    if not isinstance(value, str):
        raise BadInput("malformed", field=field)
    return value


def decimal_of(value: object, field: str = "amount") -> Decimal:
    """Give an amount, written as text or as number. Raises: `BadInput`."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadInput("not_a_number", field=field)
    return parse_decimal(value if isinstance(value, str) else str(value), field)


def int_of(value: object, field: str = "number") -> int:
    """Give a whole number, written as text or as number. Raises: `BadInput("not_a_number")`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _MOST_DIGITS:
        digits = value.removeprefix("-")
        if digits.isascii() and digits.isdigit():
            return int(value)
    raise BadInput("not_a_number", field=field)


def flag_of(value: object, field: str = "flag") -> bool:
    """Give a yes or no, also written as text. Raises: `BadInput("malformed")`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise BadInput("malformed", field=field)


def list_of(value: object, field: str = "list") -> Sequence[Any]:
    """Give a list. Raises: `BadInput("malformed")` for anything else."""
    if not isinstance(value, list):
        raise BadInput("malformed", field=field)
    return value


def object_of(value: object, field: str = "object") -> Mapping[str, Any]:
    """Give an object. Raises: `BadInput("malformed")` for anything else."""
    if not isinstance(value, dict):
        raise BadInput("malformed", field=field)
    return value


def _exact(body: bytes | str) -> Any:  # noqa: ANN401  JSON has no type until it is read
    text = body if isinstance(body, str) else body.decode("utf-8")
    return json.loads(text, parse_float=_read_number, parse_constant=_refuse_constant)


def _read_number(text: str) -> Decimal:
    return parse_decimal(text, "number")


def _refuse_constant(text: str) -> object:
    message = f"{text} is no number of JSON"
    raise ValueError(message)


def _has_fraction(value: object, depth: int) -> bool:
    if isinstance(value, int | str):
        return False
    if isinstance(value, Real):
        return True
    if depth == 0:
        message = "nested too deeply"
        raise ValueError(message)
    if isinstance(value, list):
        return any(_has_fraction(item, depth - 1) for item in value)
    if isinstance(value, dict):
        return any(_has_fraction(item, depth - 1) for item in value.values())
    return False


def _plain_number(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(plain(value).encode("ascii"))
    raise TypeError
