"""What Bybit says when it says no: a number and a sentence inside status 200.

What stands before the exchange speaks otherwise: a bare text with status 403 to who asks too
often. Which number means what stands in errors.toml.
"""

from typing import Final

import orjson

from drawbridge.wire.documents import write_document
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import WireAnswer

_STATUS_ERROR: Final = 400
_OK: Final = 200
_TEXT: Final = ((b"content-type", b"text/plain; charset=utf-8"),)
_MOST_TEXT: Final = 200


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what an answer says went wrong; nothing for one that went well."""
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        document = None
    code = document.get("retCode") if isinstance(document, dict) else None
    if isinstance(code, int) and not isinstance(code, bool) and code:
        told = document.get("retMsg") if isinstance(document, dict) else None
        return RawError(
            answer.status, str(code), told[:_MOST_TEXT] if isinstance(told, str) else ""
        )
    if answer.status < _STATUS_ERROR:
        return None
    text = "" if document is not None else answer.body.decode("utf-8", "replace").strip()
    return RawError(answer.status, str(answer.status), text[:_MOST_TEXT])


def write_error(error: RawError) -> WireAnswer:
    """Write an error."""
    if error.status != _OK:
        return WireAnswer(error.status, error.message.encode(), _TEXT)
    return WireAnswer(
        _OK,
        write_document(
            {
                "retCode": int(error.code),
                "retMsg": error.message,
                "result": {},
                "retExtInfo": {},
            }
        ),
    )
