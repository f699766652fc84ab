"""Requests and answers as values over the bytes that travel.

Nothing here parses a URL or decodes a body: what was signed is bytes, and a byte changed is a
signature broken. Reading single parameters is the business of `wire/text.py`.
"""

from drawbridge.core.values import light_value

JSON_TYPE = (b"content-type", b"application/json")
FORM_TYPE = (b"content-type", b"application/x-www-form-urlencoded")

Headers = tuple[tuple[bytes, bytes], ...]


@light_value
class WireRequest:
    """A request as it travels.

    Shape: `path` starts with `/` and holds no query; `query` comes without `?`; header names
    are lower case; `body` is as sent. Host and content length are not among the headers: the
    sender derives them.
    """

    method: str
    path: bytes
    query: bytes = b""
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """Give the first header of that lower-case name, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    @property
    def target(self) -> bytes:
        """Give path and query as the request line carries them."""
        return self.path + b"?" + self.query if self.query else self.path


@light_value
class WireAnswer:
    """An answer as it travels; header names are lower case."""

    status: int
    body: bytes = b""
    headers: Headers = (JSON_TYPE,)

    def header(self, name: bytes) -> bytes | None:
        """Give the first header of that lower-case name, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


def without_headers(headers: Headers, names: frozenset[bytes]) -> Headers:
    """Drop every header whose lower-case name is in `names`."""
    return tuple(pair for pair in headers if pair[0] not in names)
