"""Endpoint tables: which requests exist, what they do and which right they need.

What is not listed is refused. Paths are compared byte for byte, so that no doubled slash, dot
segment, percent-encoding or change of case can name an endpoint in a second way. A `{name}` in a
path stands for one segment, or part of one, of the few characters that ids and symbols have.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from drawbridge.core import derivatives, operations
from drawbridge.core.errors import Forbidden
from drawbridge.core.operations import Scope
from drawbridge.wire.http import WireRequest
from drawbridge.wire.limits import Limit, LimitKind, LimitPer

PUBLIC = "public"
ANY_KEY = "any_key"

OPERATIONS: Final = operations.OPERATIONS | derivatives.OPERATIONS

# No slash, no percent sign, no blank: a parameter can hide neither a segment nor an encoding. A
# dot may not stand first, so that no segment is `.` or `..`.
_VALUE: Final = rb"[A-Za-z0-9_:,~-][A-Za-z0-9._:,~-]{0,79}"
_NAMED: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the table.

    `access` is `public`, `any_key` (any valid key may) or a scope; `operation` is empty where
    we know the endpoint and its scope but do not carry it out; `scope` is the right that it
    needs, None for none, and `is_signed` tells whether it needs a key; `answer` is what the paper
    exchange says where one fixed answer will do; `costs` charges limits by name; `host` is the one
    of the card's hosts that answers it, where that is not the first. `unsigned`: the key's name
    alone is enough, as for the tokens of some streams. `also` names the operations that the same
    row does as well, told apart by its parameters.
    """

    name: str
    method: str
    path: bytes
    access: str
    operation: str = ""
    costs: tuple[tuple[str, int], ...] = ()
    answer: bytes = b""
    switches: tuple[str, ...] = ()
    host: str = ""
    unsigned: bool = False
    also: tuple[str, ...] = ()
    scope: Scope | None = field(init=False)
    is_signed: bool = field(init=False)
    pattern: re.Pattern[bytes] | None = field(init=False)

    def __post_init__(self) -> None:
        """Work out what every request will be asked for."""
        scope = None if self.access in {PUBLIC, ANY_KEY} else Scope(self.access)
        object.__setattr__(self, "scope", scope)
        object.__setattr__(self, "is_signed", self.access != PUBLIC)
        object.__setattr__(self, "pattern", _pattern(self.path.decode("ascii")))

    @property
    def operations(self) -> frozenset[str]:
        """Give the names of all operations that it does."""
        return frozenset(filter(None, (self.operation, *self.also)))

    def parameters(self, path: bytes) -> dict[str, str]:
        """Read the named parts of a request's path; nothing where the row names none."""
        found = self.pattern.fullmatch(path) if self.pattern is not None else None
        if found is None:
            return {}
        return {name: value.decode("ascii") for name, value in found.groupdict().items()}


class Endpoints:
    """An exchange's table of endpoints and limits."""

    __slots__ = ("_named", "_patterns", "_rows", "limits")

    def __init__(self, rows: Iterable[Endpoint], limits: Iterable[Limit] = ()) -> None:
        """Index the rows by method and path."""
        listed = tuple(rows)
        self._rows = {(row.method, row.path): row for row in listed}
        self._named = {row.name: row for row in listed}
        self._patterns: dict[tuple[str, int], list[Endpoint]] = {}
        for row in listed:
            if row.pattern is not None:
                self._patterns.setdefault((row.method, row.path.count(b"/")), []).append(row)
        self.limits: Mapping[str, Limit] = {limit.name: limit for limit in limits}

    def classify(self, request: WireRequest) -> Endpoint:
        """Find the row of a request; an exact path goes before one with names.

        Raises: `Forbidden("unknown_endpoint")`.
        """
        row = self._rows.get((request.method, request.path))
        if row is not None and row.pattern is None:
            return row
        for row in self._patterns.get((request.method, request.path.count(b"/")), ()):
            if row.pattern is not None and row.pattern.fullmatch(request.path):
                return row
        raise Forbidden("unknown_endpoint", rule="endpoint")

    def named(self, name: str) -> Endpoint:
        """Give the row of that name. Raises: `Forbidden("unknown_endpoint")`."""
        row = self._named.get(name)
        if row is None:
            raise Forbidden("unknown_endpoint", rule="endpoint")
        return row

    def rows(self) -> tuple[Endpoint, ...]:
        """Give all rows, for checks and documents."""
        return tuple(self._rows.values())


def read_endpoints(text: str) -> Endpoints:
    """Read an `endpoints.toml`.

    Shape: `[[limit]] name kind per amount window_ms reason` and `[[endpoint]] name method path
    access operation costs={limit=n} answer switches=[…] host unsigned`; `access` is `public`,
    `any_key` or a scope; `switches` are the key's switches (the exchange's own names) of which at
    least one must be on, where the scope alone does not tell.

    Raises: `ValueError` for a row that names an unknown operation, scope or limit: a broken
    table is our own fault and stops the start.
    """
    document = tomllib.loads(text)
    limits = [
        Limit(
            name=row["name"],
            kind=LimitKind(row["kind"]),
            per=LimitPer(row["per"]),
            amount=row["amount"],
            window_ms=row["window_ms"],
            reason=row.get("reason", "rate_limited"),
        )
        for row in document.get("limit", ())
    ]
    names = {limit.name for limit in limits}
    return Endpoints((_read_row(row, names) for row in document["endpoint"]), limits)


def _pattern(path: str) -> re.Pattern[bytes] | None:
    """Turn a path with named parts into a pattern, None for one without."""
    if "{" not in path:
        return None
    pieces = _NAMED.split(path)
    literals = (re.escape(piece.encode("ascii")) for piece in pieces[::2])
    names = (b"(?P<%s>%s)" % (name.encode("ascii"), _VALUE) for name in pieces[1::2])
    joined = [next(literals)]
    for name, literal in zip(names, literals, strict=True):
        joined += (name, literal)
    return re.compile(b"".join(joined))


def _read_row(row: Mapping[str, object], limits: set[str]) -> Endpoint:
    match row:
        case {"name": str(name), "method": str(method), "path": str(path), "access": str(access)}:
            pass
        case _:
            message = f"endpoint row is incomplete: {row!r}"
            raise ValueError(message)
    operation, answer = str(row.get("operation", "")), str(row.get("answer", ""))
    also = _texts(name, row, "also")
    if unknown := {*also, operation or "get_fixed"} - OPERATIONS.keys():
        message = f"endpoint {name}: unknown operation {min(unknown)}"
        raise ValueError(message)
    if access not in {PUBLIC, ANY_KEY}:
        Scope(access)
    costs = row.get("costs", {})
    if not isinstance(costs, dict) or not limits.issuperset(costs):
        message = f"endpoint {name}: unknown limit in {costs!r}"
        raise ValueError(message)
    return Endpoint(
        name=name,
        method=method,
        path=path.encode("ascii"),
        access=access,
        operation=operation,
        costs=tuple(costs.items()),
        answer=answer.encode(),
        switches=_texts(name, row, "switches"),
        host=str(row.get("host", "")),
        unsigned=row.get("unsigned") is True,
        also=also,
    )


def _texts(name: str, row: Mapping[str, object], field: str) -> tuple[str, ...]:
    texts = row.get(field, ())
    if not isinstance(texts, list | tuple):
        message = f"endpoint {name}: {field} must be a list"
        raise TypeError(message)
    return tuple(map(str, texts))
