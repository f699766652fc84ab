"""Reading and writing single parameters in raw query strings and form bodies.

Everything that is not asked for stays byte for byte as it was: these tools never decode and
re-encode a whole string, because the sender's signature covers its own way of writing.
"""

from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from drawbridge.core.errors import BadInput

_MAX_PARAMETERS = 200
_AND = ord("&")


def parameters(raw: bytes) -> dict[bytes, bytes]:
    """Read all parameters of a query string or form body, values percent-decoded.

    A name that stands twice is refused: two readers could believe two different values.

    Raises: `BadInput("duplicate_parameter")`, `BadInput("too_many_parameters")`.
    """
    found: dict[bytes, bytes] = {}
    if not raw:
        return found
    pieces = raw.split(b"&", _MAX_PARAMETERS)
    if len(pieces) > _MAX_PARAMETERS:
        raise BadInput("too_many_parameters", field="body")
    for piece in pieces:
        if not piece:
            continue
        name, _, value = piece.partition(b"=")
        name = decoded(name)
        if name in found:
            raise BadInput("duplicate_parameter", field=name.decode("ascii", "replace"))
        found[name] = decoded(value)
    return found


def find_parameter(raw: bytes, name: bytes) -> bytes | None:
    """Give the first value of `name` as it stands, still percent-encoded, or None."""
    wanted = name + b"="
    at = raw.find(wanted)
    # The name may also be the end of a longer one, which begins elsewhere.
    while at > 0 and raw[at - 1] != _AND:
        at = raw.find(wanted, at + 1)
    if at < 0:
        return None
    end = raw.find(b"&", at)
    return raw[at + len(wanted) : None if end < 0 else end]


def drop_parameters(raw: bytes, names: frozenset[bytes]) -> bytes:
    """Give `raw` without the parameters of these names, every other byte as it was."""
    if not raw:
        return raw
    begin = _beginnings(names)
    # Without a value as well.
    return b"&".join(
        [piece for piece in raw.split(b"&") if not (piece.startswith(begin) or piece in names)]
    )


@lru_cache(maxsize=64)
def _beginnings(names: frozenset[bytes]) -> tuple[bytes, ...]:
    return tuple(name + b"=" for name in names)


def joined(*pieces: bytes) -> bytes:
    """Join the pieces that are not empty with `&`."""
    return b"&".join(piece for piece in pieces if piece)


def decoded(value: bytes) -> bytes:
    """Undo percent-encoding and form blanks (`+`)."""
    if b"%" not in value and b"+" not in value:
        return value
    return unquote_to_bytes(value.replace(b"+", b" "))


def encoded(value: str) -> str:
    """Percent-encode all but unreserved characters, as form bodies want it."""
    # Most of what we write are ids: finding nothing to encode is a tenth of encoding it.
    return value if value.isascii() and value.isalnum() else quote(value, safe="")
