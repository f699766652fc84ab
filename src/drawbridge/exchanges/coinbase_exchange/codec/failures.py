"""What Coinbase Exchange says when it says no: a status, and a sentence.

The code of an error is its status; which sentence means what stands in errors.toml.
"""

from typing import Final

import orjson

from drawbridge.wire.documents import write_document
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import WireAnswer

_STATUS_ERROR: Final = 400
_MOST_TEXT: Final = 200


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what an answer says went wrong; nothing for one that went well."""
    if answer.status < _STATUS_ERROR:
        return None
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        document = None
    told = document.get("message") if isinstance(document, dict) else None
    message = told[:_MOST_TEXT] if isinstance(told, str) else ""
    return RawError(answer.status, str(answer.status), message)


def write_error(error: RawError) -> WireAnswer:
    """Write an error."""
    return WireAnswer(error.status, write_document({"message": error.message}))
