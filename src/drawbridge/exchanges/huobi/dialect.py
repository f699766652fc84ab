"""How HTX's requests are signed: parameters in the query, HMAC-SHA256 in base64, the host inside.

Signed are four lines: method, host, path and all parameters of the query sorted by name. The
client signs the host that it believes in, so one that was sent to us under another name is
verified for that name and for the exchange's own.

Over streams the same is signed, its parameters under other names and its version 2.1.

Covers: method, host, path, query. Not covered: the body, which holds all of an order; and nothing
keeps a request from being sent again while its stamp is good.
Source: htx.com API documentation, authentication, 2026-11; ccxt 4.5.90 and huobi-sdk 2.3.3 by
running them.
"""

import base64
import re
from collections.abc import Mapping
from itertools import product
from typing import Any, Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.documents import text_of
from drawbridge.wire.http import WireRequest
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.text import decoded, drop_parameters, encoded, joined, parameters

# The first is where our own requests go.
HOSTS: Final = (b"api.huobi.pro", b"api-aws.huobi.pro")
_KEY: Final = b"AccessKeyId"
_METHOD: Final = b"SignatureMethod"
_VERSION: Final = b"SignatureVersion"
_STAMP: Final = b"Timestamp"
_SIGNATURE: Final = b"Signature"
AUTHENTICATION: Final = frozenset({_KEY, _METHOD, _VERSION, _STAMP, _SIGNATURE})
_WANTED: Final = {_METHOD: b"HmacSHA256", _VERSION: b"2"}
# In the order in which they are signed.
_STREAM_NAMES: Final = ("accessKey", "signatureMethod", "signatureVersion", "timestamp")
_STREAM_WANTED: Final = {"signatureMethod": "HmacSHA256", "signatureVersion": "2.1"}
# A query that stands as it is signed: everything that needs it percent-encoded, in capitals.
_AS_SIGNED: Final = re.compile(rb"(?:[A-Za-z0-9_.~=&-]|%[0-9A-F]{2})*")
_HOST_LINE: Final = 1
_PATH_LINE: Final = 2
_STREAMS: Final = b"/ws"
_LINES: Final = 4
_SECOND_MS: Final = 1_000


class AnyHost:
    """HMAC over a payload whose second line may also be one of the exchange's hosts.

    Why: a client that was pointed at another address by its URL alone goes on signing for the
    host that it knows. Which host it is protects nothing: the key is good at all of them.
    """

    __slots__ = ("_hmac",)

    def __init__(self, mac: Hmac) -> None:
        """Verify with this key."""
        self._hmac = mac

    def verify(self, payload: bytes, signature: bytes) -> None:
        """Raise `NotProven("bad_signature")` unless it is right for one of the hosts."""
        lines = payload.split(b"\n")
        if len(lines) != _LINES:
            raise NotProven("bad_signature")
        for host, path in product(_hosts_of(lines), _paths_of(lines)):
            lines[_HOST_LINE], lines[_PATH_LINE] = host, path
            try:
                self._hmac.verify(b"\n".join(lines), signature)
            except NotProven:
                continue
            return
        raise NotProven("bad_signature")


def _paths_of(lines: list[bytes]) -> tuple[bytes, ...]:
    path, told = lines[_PATH_LINE], lines[_HOST_LINE]
    if not path.startswith(_STREAMS):
        return (path,)
    # One client takes its host off the front of an address to get the path, and signs the whole
    # address where that does not fit.
    return path, b"ws://" + told + path, b"wss://" + told + path


def _hosts_of(lines: list[bytes]) -> tuple[bytes, ...]:
    told = lines[_HOST_LINE]
    # Some clients leave out the port.
    return tuple(dict.fromkeys((told, told.partition(b":")[0], *HOSTS)))


def claim(request: WireRequest) -> Claim:
    """Read key, stamp and signature off the query.

    Raises: `BadInput` `missing_header` naming the parameter, `duplicate_parameter`, `bad_stamp`;
    `NotProven` `bad_key`, `bad_signature` for another way of signing.
    """
    found = parameters(request.query)
    for name in (_KEY, _STAMP, _SIGNATURE):
        if not found.get(name):
            raise BadInput("missing_header", field=name.decode("ascii"))
    if any(found.get(name) != value for name, value in _WANTED.items()):
        raise NotProven("bad_signature")
    key = found[_KEY]
    if not key.isascii():
        raise NotProven("bad_key")
    return Claim(
        key=key.decode("ascii"), stamp=_read_stamp(found[_STAMP]), signature=found[_SIGNATURE]
    )


def _read_stamp(text: bytes) -> str:
    try:
        return str(parse_moment(text.decode("ascii", "replace")) // _SECOND_MS)
    except BadInput:
        raise BadInput("bad_stamp", field="Timestamp") from None


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key and stamp in front of the other parameters; old authentication goes."""
    query = request.query
    if b"Signature" in query or b"AccessKeyId=" in query or b"Timestamp=" in query:
        query = drop_parameters(query, AUTHENTICATION)
    moment = write_moment(int(stamp) * _SECOND_MS, 0, zone="").replace(":", "%3A")
    ours = (
        f"AccessKeyId={encoded(credential.key)}&SignatureMethod=HmacSHA256"
        f"&SignatureVersion=2&Timestamp={moment}"
    )
    query = joined(ours.encode("ascii"), query)
    return WireRequest(request.method, request.path, query, request.headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give the four lines that are signed."""
    query = request.query
    if not _AS_SIGNED.fullmatch(query):
        query = _normal(query)
    pieces = [piece for piece in query.split(b"&") if not piece.startswith(b"Signature=")]
    pieces.sort(key=_name_of)
    host = (request.header(b"host") or HOSTS[0]).lower()
    return b"\n".join((request.method.encode("ascii"), host, request.path, b"&".join(pieces)))


def _name_of(piece: bytes) -> bytes:
    return piece.partition(b"=")[0]


def _normal(query: bytes) -> bytes:
    """Write every name and value as it is signed, whatever way it was sent in."""
    pieces = (piece.partition(b"=") for piece in query.split(b"&"))
    return b"&".join(_encoded(name) + equals + _encoded(value) for name, equals, value in pieces)


def _encoded(part: bytes) -> bytes:
    return encoded(decoded(part).decode("utf-8", "replace")).encode("ascii")


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature as the last parameter; `prepare` has dropped any old one."""
    told = b"Signature=" + encoded(signature.decode("ascii")).encode("ascii")
    query = joined(request.query, told)
    return WireRequest(request.method, request.path, query, request.headers, request.body)


# ------------------------------------------------------------------------------------ streams
def claim_of_stream(params: Mapping[str, Any]) -> Claim:
    """Read what a log-in over a stream says. Raises: `BadInput`, `NotProven`."""
    told = {name: text_of(params.get(name), name) for name in (*_STREAM_NAMES, "signature")}
    if any(told[name] != value for name, value in _STREAM_WANTED.items()):
        raise NotProven("bad_signature")
    if not (told["accessKey"] + told["signature"]).isascii():
        raise NotProven("bad_key")
    stamp = _read_stamp(told["timestamp"].encode("ascii", "replace"))
    return Claim(told["accessKey"], stamp, told["signature"].encode("ascii"))


def stream_payload(params: Mapping[str, Any], host: bytes, path: bytes) -> bytes:
    """Give the four lines that are signed over a stream."""
    told = "&".join(f"{name}={encoded(text_of(params.get(name), name))}" for name in _STREAM_NAMES)
    return b"\n".join((b"GET", (host or HOSTS[0]).lower(), path, told.encode("ascii")))


def stream_log_in(credential: Credential, stamp: str, path: bytes) -> dict[str, str]:
    """Write what a log-in over a stream says, signed."""
    params = {
        "authType": "api",
        "accessKey": credential.key,
        **_STREAM_WANTED,
        "timestamp": write_moment(int(stamp) * _SECOND_MS, 0, zone=""),
    }
    signature = credential.signer.sign(stream_payload(params, HOSTS[0], path))
    return {**params, "signature": signature.decode("ascii")}


def signer(secret: Secret) -> Hmac:
    """Prepare a secret, which is used as the text that it is. Raises: `BadInput`."""
    key = secret.reveal()
    if not key:
        raise BadInput("missing_field", field="api_secret")
    return Hmac(key.encode(), "sha256", base64.b64encode)


def verifier(material: Secret) -> AnyHost:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return AnyHost(signer(material))
