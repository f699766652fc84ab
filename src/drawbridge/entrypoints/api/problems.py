"""Errors as programs read them: `application/problem+json`, RFC 9457.

The code and the facts are ours, the title is the sentence that a person would read. What was
sent stands in none of them: it may be a secret.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, JsonValue
from starlette.exceptions import HTTPException
from starlette.responses import Response

from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import (
    BadInput,
    Corrupted,
    DrawbridgeError,
    Forbidden,
    NotFound,
    NotProven,
)
from drawbridge.entrypoints.api.shapes import Facts, Told, tell_facts
from drawbridge.wording.language import spoken
from drawbridge.wording.say import say_error, say_reason

MEDIA_TYPE: Final = "application/problem+json"
_KIND: Final = "urn:drawbridge:error:"
_REALM: Final = 'Bearer realm="drawbridge"'
_TOO_MANY, _NOT_PROVEN, _FORBIDDEN = 429, 401, 403
_NOT_THERE, _NOT_ALLOWED, _TOO_LARGE = 404, 405, 413
# What makes a token not good enough; every other proof that is missing is the authenticator's.
_ABOUT_TOKENS: Final = frozenset({"token_missing", "token_wrong", "token_ended"})
_WITH_STATUS: Final = {
    "too_many_attempts": _TOO_MANY,
    "too_many_requests": _TOO_MANY,
    "request_too_large": _TOO_LARGE,
    "no_such_method": _NOT_ALLOWED,
}
_SHORTEST_WAIT_S: Final = 1
_MOST_FIELDS: Final = 20
_CODES: Final = {
    "missing": "request_field_missing",
    "extra_forbidden": "request_field_unknown",
    "json_invalid": "request_not_json",
}
_HIDDEN: Final = "…"


class FieldProblem(Told):
    """What is wrong with one field."""

    code: str
    field: str
    title: str


class Problem(Told):
    """An error. `field` names what is to be mended, `facts` tell more of the case."""

    type: str = Field(examples=[f"{_KIND}unknown_key"])
    title: str = Field(description="What went wrong and what to do next, in words.")
    status: int
    code: str = Field(description="Stable: docs/reference/errors.md lists all of them.")
    field: str | None
    facts: Facts
    errors: list[FieldProblem] = Field(description="All fields that are wrong, if several may be.")


def status_of(error: DrawbridgeError) -> int:
    """Give the status for an error.

    Why: 401 asks for another token. Who lacks a code of the authenticator has a good token, so
    that is 403.
    """
    if error.code in _WITH_STATUS:
        return _WITH_STATUS[error.code]
    if isinstance(error, NotProven) and error.code not in _ABOUT_TOKENS:
        return _FORBIDDEN
    return error.http_status


def answer_problem(
    error: DrawbridgeError, status: int = 0, errors: Sequence[FieldProblem] = ()
) -> Response:
    """Answer with a problem."""
    # Some errors keep how long to wait beside their facts; here it is one of them.
    wait_ms = getattr(error, "retry_after_ms", error.facts.get("retry_after_ms"))
    given = error.facts if wait_ms is None else {**error.facts, "retry_after_ms": wait_ms}
    facts = tell_facts(given)
    field = facts.pop("field", None)
    told = Problem(
        type=f"{_KIND}{error.code}",
        title=say_reason(error.code, given),
        status=status or status_of(error),
        code=error.code,
        field=None if field is None else str(field),
        facts=facts,
        errors=list(errors),
    )
    headers = {"content-language": spoken().tag, **_proof_asked(error, told.status)}
    if isinstance(wait_ms, int):
        headers["retry-after"] = str(max(_SHORTEST_WAIT_S, -(-wait_ms // SECOND_MS)))
    body = orjson.dumps(told.model_dump())
    return Response(body, told.status, headers, MEDIA_TYPE)


async def tell_error(_request: Request, error: Exception) -> Response:
    """Answer an error of ours."""
    if not isinstance(error, DrawbridgeError):
        raise error
    return answer_problem(error)


async def tell_invalid(request: Request, error: Exception) -> Response:
    """Answer a request that does not fit the schema: which fields, never what stood in them."""
    if not isinstance(error, RequestValidationError):
        raise error
    known = request.app.state.known_fields
    found = [_field_problem(it, known) for it in error.errors()[:_MOST_FIELDS]]
    first = found[0] if found else _field_problem({}, known)
    return answer_problem(BadInput(first.code, field=first.field), errors=found)


async def tell_refused(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: an unknown address, method or body."""
    status = error.status_code if isinstance(error, HTTPException) else _NOT_THERE
    if status == _NOT_ALLOWED:
        answer = answer_problem(NotFound("no_such_method"))
        answer.headers["allow"] = ", ".join(sorted(_methods_at(request)))
        return answer
    if status == _NOT_THERE:
        return answer_problem(NotFound("no_such_operation"))
    return answer_problem(BadInput("request_not_json", field="body"))


async def tell_failed(_request: Request, _error: Exception) -> Response:
    """Answer when something failed that nobody foresaw; what it was, only the log tells."""
    return answer_problem(Corrupted("unforeseen"))


def problems_documented(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """Give the part of an operation's description that tells how it may fail."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _DESCRIPTIONS[status], "content": content} for status in statuses
    }


_DESCRIPTIONS: Final = {
    401: "The token is missing, unknown or has ended.",
    403: "The token lacks the right, a code is missing or wrong, or a rule forbids it.",
    404: "It is not there, or it is somebody else's.",
    409: "It does not fit how things stand, or the idempotency key was used.",
    413: "The body is too large.",
    422: "Something in the request is wrong; `field` names it.",
    429: "Too many requests or wrong tokens; `Retry-After` says how long to wait.",
    500: "Something of our own is broken.",
    503: "The exchange cannot be reached now; nothing happened.",
    504: "Nobody knows whether it happened: look before asking again.",
}
EVERY_STATUS: Final = tuple(_DESCRIPTIONS)


def _methods_at(request: Request) -> Iterable[str]:
    """Give the methods of all operations at this address; each route knows only its own."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return {name for at, names in request.app.state.addresses if at.match(path) for name in names}


def _proof_asked(error: DrawbridgeError, status: int) -> Mapping[str, str]:
    if status == _NOT_PROVEN:
        given = "" if error.code == "token_missing" else ', error="invalid_token"'
        return {"www-authenticate": _REALM + given}
    if isinstance(error, Forbidden) and error.code == "token_lacks_scope":
        scope = f', error="insufficient_scope", scope="{error.facts["scope"]}"'
        return {"www-authenticate": _REALM + scope}
    return {}


def _field_problem(found: Mapping[str, Any], known: frozenset[str]) -> FieldProblem:
    code = _CODES.get(str(found.get("type", "")), "request_field_wrong")
    if isinstance(found.get("input"), bytes):
        # Nobody took it for JSON, because nobody said that it is.
        code = "request_not_json"
    field = _place(found.get("loc", ()), known)
    title = say_error(BadInput(code, field=field))
    return FieldProblem(code=code, field=field, title=title)


def _place(location: Sequence[JsonValue], known: frozenset[str]) -> str:
    """Name a place in a request.

    Why: the names of fields come from who sent them as well, and a secret may have been put
    where a name belongs. Only names of the schema are told.
    """
    parts = [
        str(part) if isinstance(part, int) or part in known else _HIDDEN for part in location[1:]
    ]
    return ".".join(parts) or "body"
