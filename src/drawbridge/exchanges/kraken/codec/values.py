"""The small change of Kraken's wire: parameters, envelopes, amounts and times.

Amounts travel as texts with a fixed least number of decimals, times as seconds with a fraction,
answers in an envelope `{"error":[],"result":…}`, always with status 200.
"""

from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any, Final

import orjson

from drawbridge.core.errors import BadInput
from drawbridge.core.money import parse_decimal, plain
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import FORM_TYPE, WireAnswer, WireRequest
from drawbridge.wire.text import parameters

PUBLIC: Final = b"/0/public/"
PRIVATE: Final = b"/0/private/"
LOT_PLACES: Final = 8
COST_PLACES: Final = 5
_FORM: Final = (FORM_TYPE,)
_MAX_SECONDS: Final = 10**11
_MAX_DIGITS: Final = 20
_MAX_PLAIN: Final = 60

# Everything that reading a strange answer can raise.
UNREADABLE: Final = (
    ArithmeticError,
    AttributeError,
    BadInput,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

Parameters = Mapping[str, str]


# ----------------------------------------------------------------------------------- requests
def public(method: bytes, query: str = "") -> WireRequest:
    """Write a public request."""
    return WireRequest("GET", PUBLIC + method, query.encode("ascii"))


def private(method: bytes, body: str = "") -> WireRequest:
    """Write an unsigned private request; the dialect adds the nonce."""
    return WireRequest("POST", PRIVATE + method, b"", _FORM, body.encode("ascii"))


def read_query(view: ServerView) -> Parameters:
    """Read the parameters of a public request. Raises: `BadInput`."""
    return _texts(view.request.query)


def read_body(view: ServerView) -> Parameters:
    """Read the parameters of a private request, form or JSON, whatever its content type says.

    Raises: `BadInput("malformed")`, also for parameters that hold lists or tables.
    """
    body = view.request.body
    if body[:1] != b"{":
        return _texts(body)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadInput("malformed", field="body") from None
    return {name: _plain_value(name, value) for name, value in document.items()}


def whole(found: Parameters, name: str) -> int | None:
    """Read a whole number, None where it is missing. Raises: `BadInput("not_a_number")`."""
    text = found.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS:
        raise BadInput("not_a_number", field=name)
    return int(text)


def moment(found: Parameters, name: str) -> int | None:
    """Read a time in seconds as milliseconds, None where it is missing. Raises: `BadInput`."""
    text = found.get(name)
    if not text:
        return None
    seconds = parse_decimal(text, name)
    if not 0 <= seconds <= _MAX_SECONDS:
        raise BadInput("not_a_number", field=name)
    return int(seconds * 1_000)


def flag(found: Parameters, name: str) -> bool:
    """Read a yes or no: clients write `true`, `True`, `1`. Raises: `BadInput("malformed")`."""
    text = found.get(name, "").lower()
    if text in {"", "false", "0"}:
        return False
    if text in {"true", "1"}:
        return True
    raise BadInput("malformed", field=name)


def _texts(raw: bytes) -> Parameters:
    if not raw.isascii():
        raise BadInput("malformed", field="body")
    if b"%" not in raw and b"+" not in raw:
        # Most bodies are plain; reading these at once takes a third of the time.
        pieces = raw.decode("ascii").split("&")
        plainly = {name: value for name, _, value in (part.partition("=") for part in pieces)}
        if len(plainly) == len(pieces) <= _MAX_PLAIN and "" not in plainly:
            return plainly
    try:
        return {
            name.decode("ascii"): value.decode("ascii") for name, value in parameters(raw).items()
        }
    except UnicodeDecodeError:
        raise BadInput("malformed", field="body") from None


def _plain_value(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, Real):
        return str(value)
    raise BadInput("malformed", field=name)


# ------------------------------------------------------------------------------------ answers
def success(result: object) -> WireAnswer:
    """Write an answer around its result."""
    return WireAnswer(200, b'{"error":[],"result":' + orjson.dumps(result) + b"}")


def result_of(answer: WireAnswer) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Give the result inside an answer. Raises: `ValueError`, `KeyError` for another shape."""
    return orjson.loads(answer.body)["result"]


def amount(value: object, field: str = "amount") -> Decimal:
    """Read an amount of an answer, text or number. Raises: `BadInput`, `TypeError`."""
    if isinstance(value, str):
        return parse_decimal(value, field)
    if isinstance(value, bool) or not isinstance(value, Real):
        message = f"{field} is no amount"
        raise TypeError(message)
    return parse_decimal(str(value), field)


def text_of(value: object) -> str:
    """Read a text of an answer. Raises: `TypeError` for anything else."""
    if not isinstance(value, str):
        message = "text expected"
        raise TypeError(message)
    return value


def padded(value: Decimal, places: int) -> str:
    """Write an amount with at least so many decimals, and with more where it has more.

    Why: cutting off would make what a client reads differ from the ledger.
    """
    text = plain(value)
    dot = text.find(".")
    if dot < 0:
        return f"{text}.{'0' * places}" if places else text
    return text + "0" * (places - (len(text) - dot - 1))


def seconds(time_ms: int) -> object:
    """Write a time as seconds with a fraction.

    Why: Kraken's times are finer than ours. The half of a tenth that stands in for what we do
    not know keeps clients that cut off from landing on the millisecond before.
    """
    return (time_ms * 100 + 5) / 100_000 if time_ms else 0


def milliseconds(value: object) -> int:
    """Read a time in seconds, text or number, to the whole millisecond below."""
    return int(amount(value, "time") * 10_000) // 10
