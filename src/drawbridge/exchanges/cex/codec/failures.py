"""What CEX.IO says when it says no: a status and a sentence, or an order that was rejected.

The code of an error is its status; of a rejected order, R and the exchange's own code. Which
sentence means what stands in errors.toml.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from drawbridge.wire.documents import write_document
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import JSON_TYPE, WireAnswer

_STATUS_ERROR: Final = 400
_MOST_TEXT: Final = 200
_REJECTED: Final = "R"


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what an answer says went wrong, None when all is well."""
    body = answer.body
    if answer.status < _STATUS_ERROR and b'"error"' not in body and b"REJECTED" not in body:
        return None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    found = document if isinstance(document, dict) else {}
    if isinstance(found.get("error"), str):
        code = found.get("statusCode", answer.status)
        return RawError(answer.status, str(code), found["error"][:_MOST_TEXT])
    if (rejected := _rejection(found)) is not None:
        return RawError(answer.status, *rejected)
    if answer.status < _STATUS_ERROR:
        return None
    return RawError(answer.status, str(answer.status), "")


def _rejection(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """Give code and sentence of an order that was just rejected; lists tell of older ones."""
    data = document.get("data")
    if not isinstance(data, dict) or data.get("status") != "REJECTED":
        return None
    reason = data.get("rejectReason")
    return f"{_REJECTED}{data.get('rejectCode')}", str(reason or "")[:_MOST_TEXT]


def write_error(error: RawError) -> WireAnswer:
    """Write an error."""
    if not error.code.startswith(_REJECTED):
        document: object = {"error": error.message, "statusCode": error.status}
        return WireAnswer(error.status, write_document(document), (JSON_TYPE,))
    code = int(error.code.removeprefix(_REJECTED))
    data = {
        "messageType": "executionReport",
        "status": "REJECTED",
        "statusIsFinal": True,
        "rejectCode": code,
        "rejectReason": error.message,
        "orderRejectReason": orjson.dumps({"code": code, "reason": error.message}).decode(),
    }
    return WireAnswer(error.status, write_document({"ok": "ok", "data": data}), (JSON_TYPE,))
