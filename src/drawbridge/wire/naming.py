"""Names of a key's own that requests must hold and only the exchange knows.

A codec writes a mark in the place of such a name: the number of the account, of its owner, or the
name of the key itself. Whoever signs has learnt the names and puts them in before. No text that
a person or a program of ours chooses can look like a mark: their alphabets have no tilde.
"""

from collections.abc import Mapping
from typing import Final

from drawbridge.wire.http import WireRequest

ACCOUNT: Final = "account"
USER: Final = "user"
KEY: Final = "key"


def mark(of: str) -> str:
    """Give the mark that stands for a name; it can stand in a path, a query or a body."""
    return f"~{of}"


def has_marks(request: WireRequest) -> bool:
    """Tell whether a request waits for any name, the key's own included."""
    return b"~" in request.body or b"~" in request.query or b"~" in request.path


def marks_in(request: WireRequest) -> tuple[str, ...]:
    """Tell which of the exchange's own names a request waits for."""
    parts = (request.path, request.query, request.body)
    wanted = ((of, mark(of).encode("ascii")) for of in (ACCOUNT, USER))
    return tuple(of for of, text in wanted if any(text in part for part in parts))


def named(request: WireRequest, names: Mapping[str, str]) -> WireRequest:
    """Put the names in the place of their marks."""
    if not has_marks(request):
        return request
    path, query, body = request.path, request.query, request.body
    for of, name in names.items():
        old, new = mark(of).encode("ascii"), name.encode("ascii")
        path, query, body = (part.replace(old, new) for part in (path, query, body))
    return WireRequest(request.method, path, query, request.headers, body)
