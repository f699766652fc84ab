"""A bot's request as it may be sent on: its words, and nothing around them that means something.

What we have read must be what the exchange reads. So whatever could make it read the same bytes in
another way is refused here, or left behind. Pure.
"""

import json
import re
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.wire.http import WireRequest
from drawbridge.wire.text import parameters

_TYPE: Final = b"content-type"
_TYPES: Final = re.compile(
    rb"application/(?:json|x-www-form-urlencoded)(?:;[ \t]*charset=\"?utf-8\"?)?", re.IGNORECASE
)
_MOST_NAME: Final = 40
_OPENS_JSON: Final = (b"{", b"[")


def bare(request: WireRequest) -> WireRequest:
    """Give a request without its sender's headers, but for the kind of its body.

    Why: what else a dialect needs it writes itself, and a header that nobody here knows could
    change at the exchange what the request does.
    Raises: `BadInput("malformed")` for a body that readers could disagree about.
    """
    if not request.body:
        return WireRequest(request.method, request.path, request.query)
    if request.method == "GET":
        raise BadInput("malformed", field="body")
    kind = request.header(_TYPE)
    if kind is not None and not _TYPES.fullmatch(kind.strip()):
        raise BadInput("malformed", field="content-type")
    if request.body.lstrip()[:1] in _OPENS_JSON:
        refuse_doubled(request.body)
    headers = () if kind is None else ((_TYPE, kind),)
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def refuse_beside(request: WireRequest, read: frozenset[bytes] | None) -> None:
    """Refuse what stands in the query beside a body, where nobody reads it.

    `read` are the names that may stand there; None where query and body are read together, and
    then nothing may stand in both. An exchange that does look there would do something else than
    what was judged here.
    Raises: `BadInput` `malformed`, `duplicate_parameter`.
    """
    if not request.body or not request.query:
        return
    asked = parameters(request.query).keys()
    if read is not None:
        wrong, code = asked - read, "malformed"
    else:
        wrong, code = asked & parameters(request.body).keys(), "duplicate_parameter"
    if wrong:
        raise BadInput(code, field=min(wrong)[:_MOST_NAME].decode("ascii", "replace"))


def refuse_doubled(body: bytes) -> None:
    """Refuse JSON in which a name stands twice: some readers believe the first, some the last.

    Raises: `BadInput` `duplicate_parameter`, `malformed`.
    """
    try:
        json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise BadInput("malformed", field="body") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput("duplicate_parameter", field=twice[:_MOST_NAME])
    return found
