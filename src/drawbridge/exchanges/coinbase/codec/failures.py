"""What Coinbase says when it says no, in its five ways.

A bare text (401, 429), a document with `error` (400, 403, 404, 500), an order that was not taken
(`success` false inside status 200), a check of an order with `errs`, and a cancel whose result
is no success. Which code means what stands in errors.toml.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from drawbridge.wire.documents import write_document
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import WireAnswer

_STATUS_ERROR: Final = 400
_OK: Final = 200
_TEXT: Final = ((b"content-type", b"text/plain; charset=utf-8"),)
# Said bare, without a document around it.
_BARE: Final = frozenset({"Unauthorized", "Too Many Requests"})
_CANCELS: Final = frozenset({"UNKNOWN_CANCEL_ORDER", "INVALID_CANCEL_REQUEST"})
_NO_REASON: Final = frozenset(
    {"", "UNKNOWN_FAILURE_REASON", "UNKNOWN_PREVIEW_FAILURE_REASON", "PREVIEW_UNKNOWN"}
)
_MOST_TEXT: Final = 200


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what an answer says went wrong; nothing for one that went well."""
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        document = None
    if answer.status >= _STATUS_ERROR:
        return _refused(answer, document)
    return _not_taken(answer.status, document) if isinstance(document, dict) else None


def write_error(error: RawError) -> WireAnswer:
    """Write an error in the way in which Coinbase says this one."""
    code, message = error.code, error.message
    if code in _BARE or not code:
        return WireAnswer(error.status, message.encode(), _TEXT)
    if error.status != _OK:
        told = {"error": code, "error_details": message, "message": message}
        return WireAnswer(error.status, write_document(told))
    if code in _CANCELS:
        result = {"success": False, "failure_reason": code, "order_id": message}
        return WireAnswer(_OK, write_document({"results": [result]}))
    return WireAnswer(_OK, write_document(_order_not_taken(code, message)))


def _order_not_taken(code: str, message: str) -> dict[str, object]:
    """Write that an order was not taken, so that it also answers the check of an order."""
    is_check = code.startswith("PREVIEW_")
    return {
        "success": False,
        "error_response": {
            "error": code.removeprefix("PREVIEW_") if is_check else code,
            "message": message,
            "error_details": "",
            "preview_failure_reason": code,
            "new_order_failure_reason": "UNKNOWN_FAILURE_REASON",
        },
        "order_configuration": {},
        "errs": [code],
    }


def _refused(answer: WireAnswer, document: object) -> RawError:
    if not isinstance(document, dict):
        text = answer.body.decode("utf-8", "replace").strip()[:_MOST_TEXT]
        return RawError(answer.status, text if text in _BARE else "", text)
    listed = document.get("errors")
    if isinstance(listed, list) and listed and isinstance(listed[0], dict):
        # How the older interface says it.
        return RawError(answer.status, _text(listed[0], "id"), _text(listed[0], "message"))
    details = _text(document, "error_details") or _text(document, "message")
    return RawError(answer.status, _text(document, "error"), details)


def _not_taken(status: int, document: Mapping[str, Any]) -> RawError | None:
    told = document.get("error_response")
    if isinstance(told, dict):
        return RawError(status, _reason(told), _text(told, "message"))
    if document.get("success") is False:
        return RawError(status, _text(document, "failure_reason"), "")
    errs = document.get("errs")
    if isinstance(errs, list) and errs:
        return RawError(status, str(errs[0])[:_MOST_TEXT], "")
    results = document.get("results")
    if isinstance(results, list):
        return next((_cancel(status, row) for row in results if _is_failed(row)), None)
    return None


def _reason(told: Mapping[str, Any]) -> str:
    """Give the most exact of the reasons that stand there."""
    names = ("preview_failure_reason", "new_order_failure_reason", "error")
    reasons = (_text(told, name) for name in names)
    return next((reason for reason in reasons if reason not in _NO_REASON), "")


def _is_failed(row: object) -> bool:
    return isinstance(row, dict) and row.get("success") is False


def _cancel(status: int, row: Mapping[str, Any]) -> RawError:
    return RawError(status, _text(row, "failure_reason"), _text(row, "order_id"))


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value[:_MOST_TEXT] if isinstance(value, str) else ""
