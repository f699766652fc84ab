"""The small change of HTX's wire: envelopes, names in small letters, amounts as JSON numbers.

Three envelopes are in use: market data, the first version of the interface, the second. Amounts of
market data travel as numbers, those of an account as texts; times are milliseconds.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.markets import Markets
from drawbridge.wire.documents import list_of, object_of, parse_object, write_document
from drawbridge.wire.http import FORM_TYPE, JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters
from drawbridge.wire.text import encoded

Told = Mapping[str, str | int | None]
"""Parameters by name; what is None is not told."""

PAGE: Final = 100
MOST_ROWS: Final = 500


# ----------------------------------------------------------------------------------- requests
def ask(path: str, parameters: Told) -> WireRequest:
    """Write a public question; its parameters stay in this order."""
    return WireRequest("GET", path.encode("ascii"), _query(parameters))


def ask_signed(path: str, parameters: Told) -> WireRequest:
    """Write a question that will be signed: its parameters sorted by name."""
    query = _query(dict(sorted(parameters.items())))
    return WireRequest("GET", path.encode("ascii"), query, (FORM_TYPE,))


def command(path: str, parameters: Told) -> WireRequest:
    """Write a request that changes something; its parameters travel in the body."""
    told = {name: value for name, value in parameters.items() if value is not None}
    body = write_document(told)
    return WireRequest("POST", path.encode("ascii"), b"", (JSON_TYPE,), body)


def _query(parameters: Told) -> bytes:
    told = (f"{name}={encoded(str(it))}" for name, it in parameters.items() if it is not None)
    return "&".join(told).encode("ascii")


def id_of(symbol: str, markets: Markets) -> str | None:
    """Give the exchange's name of a pair, None where none is asked for."""
    return markets.get(symbol).id if symbol else None


def symbol_in(markets: Markets, pair: str) -> str:
    """Read a pair, nothing where none is named. Raises: `NotFound("unknown_symbol")`."""
    return markets.get_by_id(pair).symbol if pair else ""


def count_of(found: Parameters, most: int, name: str = "size") -> int | None:
    """Read how many rows are wanted, None where it is not said."""
    told = found.whole(name)
    return None if told is None else max(1, min(told, most))


# ------------------------------------------------------------------------------------ answers
def tick(channel: str, now_ms: int, body: object) -> WireAnswer:
    """Write market data that hold one thing."""
    return _written({"ch": channel, "status": "ok", "ts": now_ms, "tick": body})


def ticks(channel: str, now_ms: int, rows: list[Any]) -> WireAnswer:
    """Write market data that hold a list."""
    return _written({"ch": channel, "status": "ok", "ts": now_ms, "data": rows})


def success(data: object) -> WireAnswer:
    """Write an answer of the first version."""
    return _written({"status": "ok", "data": data})


def success_v2(data: object) -> WireAnswer:
    """Write an answer of the second version."""
    return _written({"code": 200, "message": "success", "data": data})


def _written(document: object) -> WireAnswer:
    return WireAnswer(200, write_document(document))


def data_of(answer: WireAnswer) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Give what an answer of either version holds. Raises: `KeyError`, `BadInput`."""
    return parse_object(answer.body)["data"]


def rows_of(answer: WireAnswer) -> list[Mapping[str, Any]]:
    """Give the rows that an answer holds. Raises: `KeyError`, `BadInput`."""
    return [object_of(row) for row in list_of(data_of(answer))]
