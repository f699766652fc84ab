"""AWS Signature Version 4, for the one service of theirs that is asked. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from drawbridge.core.clock import SECOND_MS
from drawbridge.core.secret import Secret
from drawbridge.wire.http import Headers, WireRequest

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsIdentity:
    """Who asks. `session` is the token of temporary credentials, empty for lasting ones."""

    access_key: str
    secret: Secret
    session: str = ""


@dataclass(frozen=True, slots=True)
class AwsPlace:
    """What is asked, and where: the name in the `Host` header, the region and the service."""

    host: str
    region: str
    service: str


def signed(
    request: WireRequest, place: AwsPlace, identity: AwsIdentity, now_ms: int
) -> WireRequest:
    """Give the request with the headers that prove who asks.

    Shape: all its headers are signed, beside host, date and session token. The query has to be
    in canonical form already.
    """
    moment = f"{dt.datetime.fromtimestamp(now_ms // SECOND_MS, dt.UTC):%Y%m%dT%H%M%SZ}"
    dated: Headers = (*request.headers, (b"x-amz-date", moment.encode()))
    if identity.session:
        dated = (*dated, (b"x-amz-security-token", identity.session.encode()))
    all_signed = sorted((*dated, (b"host", place.host.encode())))
    names = b";".join(name for name, _ in all_signed).decode()
    canonical = b"\n".join(
        (
            request.method.encode(),
            request.path,
            request.query,
            *(name + b":" + b" ".join(value.split()) for name, value in all_signed),
            b"",
            names.encode(),
            hashlib.sha256(request.body).hexdigest().encode(),
        )
    )
    scope = f"{moment[:8]}/{place.region}/{place.service}/aws4_request"
    told = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(canonical).hexdigest()))
    key = b"AWS4" + identity.secret.reveal().encode()
    for part in (moment[:8], place.region, place.service, "aws4_request", told):
        key = hmac.digest(key, part.encode(), "sha256")
    proof = (
        f"{_ALGORITHM} Credential={identity.access_key}/{scope},"
        f" SignedHeaders={names}, Signature={key.hex()}"
    )
    headers = (*dated, (b"authorization", proof.encode()))
    return WireRequest(request.method, request.path, request.query, headers, request.body)
