"""Sending requests to a Drawbridge's API, and what it refuses as an exception.

Written by hand; the operations beside it are written from the API's schema. For people's own
programs: nothing here knows anything of the rest of the house.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import Any, Final, Generic, TypedDict, TypeVar
from urllib.parse import SplitResult, quote, urlencode, urlsplit

BASE: Final = "/api/v1"
_USUAL_TIMEOUT_S: Final = 30
_MOST_BYTES: Final = 64 * 1_048_576
_GOOD: Final = range(200, 300)
_TOKEN: Final = re.compile(r"[!-~]{1,512}")

_NO_DRAWBRIDGE: Final = "NoDrawbridge"

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(TypedDict, Generic[T]):
    """A page of a list; `next` is the cursor of the page behind it, None at the end."""

    items: list[T]
    next: str | None


class Refused(Exception):
    """What the API refused; `code` is stable, `title` is for people.

    `field` names what is to be mended; `retry_after_s` is how long to wait, 0 where waiting does
    not help.
    """

    def __init__(self, status: int, told: Mapping[str, Any], retry_after_s: int = 0) -> None:
        """Take the problem as it was told."""
        self.status = status
        self.code = str(told["code"])
        self.title = str(told.get("title", ""))
        self.field: str | None = told.get("field")
        self.facts: Mapping[str, Any] = told.get("facts", {})
        self.retry_after_s = retry_after_s
        super().__init__(f"{self.code}: {self.title}")


class Unreachable(Exception):
    """No answer came, or none of a Drawbridge; `kind` tells what was met instead.

    Where `was_sent`, nobody knows whether a request that changes something was carried out: send it
    again with the same idempotency key. Where not, nothing happened.
    """

    def __init__(self, kind: str, *, was_sent: bool) -> None:
        """Take what was met: the name of an error, or `NoDrawbridge`."""
        self.kind = kind
        self.was_sent = was_sent
        super().__init__(kind)


class Calling:
    """Where a Drawbridge is, and the token for it. The repr does not tell the token."""

    def __init__(
        self, address: str, token: str, *, language: str = "", timeout_s: int = _USUAL_TIMEOUT_S
    ) -> None:
        """Call an address such as `https://bridge.example.com`; certificates are verified.

        Raises: `ValueError` for an address that is none, one where the token could be read on its
        way, and a token that is none.
        """
        self._parts = _read_address(address)
        if not _TOKEN.fullmatch(token):
            # Not told which: it may be the token all the same, with a line break behind it.
            message = "a token is one line without blanks"
            raise ValueError(message)
        self._token = token
        self._language = language
        self._timeout_s = timeout_s

    def ask(
        self,
        method: str,
        path: str,
        places: Mapping[str, str],
        *,
        query: Mapping[str, object] | None = None,
        wish: object = None,
        idempotency_key: str = "",
    ) -> Any:  # noqa: ANN401  the operations beside this say what it is
        """Send one request and give what is answered. Nobody is followed elsewhere.

        Raises: `Refused`, `Unreachable`.
        """
        target = BASE + path.format_map({name: quote(it, safe="") for name, it in places.items()})
        given = {name: value for name, value in (query or {}).items() if value is not None}
        if given:
            target += f"?{urlencode(given)}"
        body = None if wish is None else json.dumps(wish).encode()
        headers = self._headers(idempotency_key, has_body=body is not None)
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout_s)
        was_sent = False
        try:
            connection.connect()
            was_sent = True
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return _read(answer, answer.read(_MOST_BYTES))
        except (OSError, HTTPException) as error:
            raise Unreachable(type(error).__name__, was_sent=was_sent) from error
        finally:
            connection.close()

    def _headers(self, idempotency_key: str, *, has_body: bool) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if self._language:
            headers["Accept-Language"] = self._language
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if has_body:
            headers["Content-Type"] = "application/json"
        return headers


def every(ask: Callable[..., Page[T]], *places: str, **filters: Any) -> Iterator[T]:  # noqa: ANN401  what the list itself takes
    """Give all items of a list, page by page: `every(client.orders.list_orders, key=…)`."""
    cursor: str | None = None
    while True:
        page = ask(*places, **filters, cursor=cursor)
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def _read_address(address: str) -> SplitResult:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "the address of a Drawbridge begins with https:// or http://"
        raise ValueError(message)
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        message = "the address of a Drawbridge ends behind its name or port"
        raise ValueError(message)
    # Whoever stands between could read the token, and do with it what it may.
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        message = "elsewhere than on this machine, the address begins with https://"
        raise ValueError(message)
    # Read here, so that a port that is none is refused at once.
    _ = parts.port
    return parts


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _read(answer: HTTPResponse, body: bytes) -> object:
    if answer.status in _GOOD:
        return _json(body) if body else None
    told = _json(body)
    if not isinstance(told, dict) or "code" not in told:
        raise Unreachable(_NO_DRAWBRIDGE, was_sent=True)
    wait = answer.headers.get("Retry-After", "")
    raise Refused(answer.status, told, int(wait) if wait.isascii() and wait.isdigit() else 0)


def _json(body: bytes) -> object:
    try:
        told: object = json.loads(body)
    except ValueError:
        raise Unreachable(_NO_DRAWBRIDGE, was_sent=True) from None
    return told
