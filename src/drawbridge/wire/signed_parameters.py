"""Requests whose parameters carry their own signature: query directly followed by body.

The key travels in a header, stamp, window and signature among the parameters, in the query or in
a form body. Nothing here believes a content type: clients send form bodies under JSON's, orders
in the query of a POST and parameters in the body of a DELETE. Whether a stamp is fresh is judged
in `wire/stamps.py`.
"""

import re
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import (
    Hmac,
    Signer,
    Verifier,
    asymmetric,
    hexadecimal,
    parse_private_key,
    parse_public_key,
)
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers
from drawbridge.wire.text import decoded, drop_parameters, find_parameter

_STAMP: Final = b"timestamp"
_WINDOW: Final = b"recvWindow"
_SIGNATURE: Final = frozenset({b"signature"})
_WRITTEN: Final = frozenset({b"signature", _STAMP})
_WINDOW_ALONE: Final = frozenset({_WINDOW})
_USUAL_WINDOW_MS: Final = 5_000
_MOST_WINDOW_MS: Final = 60_000
# The year 2001 in microseconds; in milliseconds it is a year that nobody will see.
_FIRST_MICROSECONDS: Final = "1000000000000000"
# At most three decimals, and never so long that reading it costs anything.
_WINDOW_FORM: Final = re.compile(rb"([0-9]{1,9})(?:\.[0-9]{1,3})?")


class SignedParameters:
    """The four functions of a dialect, for exchanges that sign so."""

    __slots__ = ("_key_header", "_old_key", "_unsigned")

    def __init__(self, key_header: bytes, unsigned: frozenset[bytes] = frozenset()) -> None:
        """Take the lower-case name of the header that the key travels in.

        Requests for the paths `unsigned` name the key alone: no stamp, no signature.
        """
        self._key_header = key_header
        self._unsigned = unsigned
        self._old_key = frozenset({key_header})

    def claim(self, request: WireRequest) -> Claim:
        """Read what the request says of itself.

        A stamp in microseconds, which such exchanges take as well, is given in milliseconds.

        Raises: `NotProven("bad_key_format")`, `BadInput("missing_parameter")`,
        `BadInput("bad_window")`.
        """
        key = request.header(self._key_header)
        if not key or not key.isascii():
            raise NotProven("bad_key_format")
        if request.path in self._unsigned:
            return Claim(key.decode("ascii"), "", b"")
        stamp = decoded(_need(request, _STAMP)).decode("ascii", "replace")
        if len(stamp) == len(_FIRST_MICROSECONDS) and stamp > _FIRST_MICROSECONDS:
            stamp = stamp[:-3]
        window = _find(request, _WINDOW)
        return Claim(
            key=key.decode("ascii"),
            stamp=stamp,
            signature=decoded(_need(request, b"signature")),
            window_ms=None if window is None else _window_ms(window),
        )

    def prepare(self, request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
        """Write key and stamp in place, the stamp first among the parameters.

        Any old key, stamp and signature go, wherever they stood; all other bytes stay.
        """
        query, body = _without_stamp(request.query), _without_stamp(request.body)
        stamped = b"timestamp=" + stamp.encode()
        # The place is that of the request as it came: what is left of a body may be nothing.
        if request.path in self._unsigned:
            pass
        elif _travels_in_body(request):
            body = b"%b&%b" % (stamped, body) if body else stamped
        else:
            query = b"%b&%b" % (stamped, query) if query else stamped
        headers, name = request.headers, self._key_header
        for told, _ in headers:
            if told == name:
                headers = without_headers(headers, self._old_key)
        key = (name, credential.key.encode())
        return WireRequest(request.method, request.path, query, (key, *headers), body)

    def shorten(self, request: WireRequest, until_ms: int) -> WireRequest:
        """Let a prepared request's window end by then; one that ends sooner stays as it is."""
        if request.path in self._unsigned:
            return request
        stamp, own = _need(request, _STAMP), _find(request, _WINDOW)
        window_ms = max(1, until_ms - int(stamp))
        if (_USUAL_WINDOW_MS if own is None else _window_ms(own)) <= window_ms:
            return request
        query = drop_parameters(request.query, _WINDOW_ALONE)
        body = drop_parameters(request.body, _WINDOW_ALONE)
        # Beside the stamp, which `prepare` has written once: so it counts wherever that does.
        alone = _STAMP + b"=" + stamp
        both = alone + b"&recvWindow=%d" % window_ms
        if _travels_in_body(request):
            body = body.replace(alone, both, 1)
        else:
            query = query.replace(alone, both, 1)
        return WireRequest(request.method, request.path, query, request.headers, body)

    @staticmethod
    def payload(request: WireRequest) -> bytes:
        """Give the query directly followed by the body, as sent, without the signature.

        Covers: every parameter, the stamp and the window. Not covered: method, path and headers,
        the key itself included; a signature of a GET is good for a DELETE of the same parameters.
        """
        query, body = request.query, request.body
        if not query:
            return _unsigned(body)
        return _unsigned(query) + _unsigned(body) if body else _unsigned(query)

    def attach(self, request: WireRequest, signature: bytes) -> WireRequest:
        """Write the signature behind the parameters; `prepare` has taken any old one away."""
        if request.path in self._unsigned:
            return request
        if not signature.isalnum():
            # Base64 holds only three characters that a parameter may not hold as they are.
            signature = signature.replace(b"+", b"%2B").replace(b"/", b"%2F").replace(b"=", b"%3D")
        query, body = request.query, request.body
        if _travels_in_body(request):
            body += b"&signature=" + signature
        else:
            query += b"&signature=" + signature
        return WireRequest(request.method, request.path, query, request.headers, body)


def signer(secret: Secret) -> Signer:
    """Prepare a secret: HMAC for one that the exchange drew, else the pasted private key.

    Raises: `BadInput` `missing_field`, `bad_private_key`, `wrong_key_kind`, `rsa_key_size`.
    """
    text = secret.reveal()
    if not text:
        raise BadInput("missing_field", field="api_secret")
    if "PRIVATE KEY" in text:
        return asymmetric(parse_private_key(secret))
    return Hmac(text.encode(), "sha256", hexadecimal)


def verifier(material: Secret) -> Verifier:
    """Prepare the shared secret, or the public key that a person uploaded.

    Raises: `BadInput` `missing_field`, `bad_public_key`, `wrong_key_kind`, `rsa_key_size`.
    """
    text = material.reveal()
    if not text:
        raise BadInput("missing_field", field="api_secret")
    if "PUBLIC KEY" in text:
        return asymmetric(parse_public_key(text))
    return Hmac(text.encode(), "sha256", hexadecimal)


def _travels_in_body(request: WireRequest) -> bool:
    # The exchange reads the parameters of a GET from the query alone.
    return bool(request.body) and request.method != "GET"


def _find(request: WireRequest, name: bytes) -> bytes | None:
    # What stands in both places counts as it stands in the query.
    found = find_parameter(request.query, name) if request.query else None
    if found is None and _travels_in_body(request):
        found = find_parameter(request.body, name)
    return found


def _need(request: WireRequest, name: bytes) -> bytes:
    value = _find(request, name)
    if not value:
        raise BadInput("missing_parameter", field=name.decode("ascii"))
    return value


def _window_ms(text: bytes) -> int:
    match = _WINDOW_FORM.fullmatch(text)
    if match is None:
        raise BadInput("bad_window", field="recvWindow", highest_ms=_MOST_WINDOW_MS)
    return int(match[1])


def _unsigned(raw: bytes) -> bytes:
    if b"signature=" not in raw:
        return raw
    # Nearly every client writes it last: cutting it off there spares taking all apart.
    head, found, tail = raw.rpartition(b"&signature=")
    if found and b"&" not in tail and b"signature=" not in head:
        return head
    return drop_parameters(raw, _SIGNATURE)


def _without_stamp(raw: bytes) -> bytes:
    if not raw or (b"signature=" not in raw and b"timestamp=" not in raw):
        return raw
    return drop_parameters(raw, _WRITTEN)
