"""Signing and verifying, written once over the four functions that an exchange provides.

Our client signs, the paper exchange verifies, a proxy verifies and signs again: the same code.
The time stamp (or nonce) is an argument; nothing here reads a clock. Whether a stamp is fresh
is judged in `wire/stamps.py`.
"""

from collections.abc import Callable
from typing import Protocol

from drawbridge.core.secret import Secret
from drawbridge.core.values import light_value
from drawbridge.wire.algorithms import Signer, Verifier
from drawbridge.wire.http import WireRequest


@light_value
class Claim:
    """What a request says of itself; nothing of it is believed yet.

    `signature` is the text that algorithms compare, already percent-decoded where it travels
    encoded. `window_ms` is how long the sender wants it to be good, where the exchange lets it.
    Where the passphrase travels signed instead of plain, `passphrase_signature` holds that text.
    `until_ms` is the moment, in the exchange's time, after which it shall not be carried out, where
    a request can say so by itself and not by its window.
    """

    key: str
    stamp: str
    signature: bytes
    passphrase: str | None = None
    window_ms: int | None = None
    passphrase_signature: bytes | None = None
    until_ms: int | None = None


@light_value
class Credential:
    """An opened key, ready to sign. It lives only while a request crosses."""

    key: str
    signer: Signer
    passphrase: Secret | None = None


class Dialect(Protocol):
    """How one exchange's requests are signed. An exchange's module `dialect` is one of these."""

    def claim(self, request: WireRequest) -> Claim:
        """Read what the request says. Raises: `NotProven`, `BadInput` when a part is missing."""

    def prepare(self, request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
        """Write key, stamp and passphrase in place; drop any old authentication."""

    def payload(self, request: WireRequest) -> bytes:
        """Give exactly the bytes that are signed."""

    def attach(self, request: WireRequest, signature: bytes) -> WireRequest:
        """Write the signature in place."""


class Keys(Protocol):
    """How one exchange's secrets become signers and verifiers; also in the module `dialect`."""

    def signer(self, secret: Secret) -> Signer:
        """Prepare a secret for signing. Raises: `BadInput` naming the field."""

    def verifier(self, material: Secret) -> Verifier:
        """Prepare what the exchange keeps (a shared secret or a public key) for verifying."""


def sign(
    dialect: Dialect,
    request: WireRequest,
    credential: Credential,
    stamp: str,
    until_ms: int | None = None,
) -> WireRequest:
    """Sign a request as the exchange wants it, to be good until then at the longest.

    `until_ms` is in the exchange's time. Where the exchange has a word for it, its dialect offers
    `shorten` as well, which writes it into a prepared request unless that ends sooner by itself.
    """
    prepared = dialect.prepare(request, credential, stamp)
    if until_ms is not None:
        shorten: Callable[[WireRequest, int], WireRequest] | None = getattr(
            dialect, "shorten", None
        )
        prepared = prepared if shorten is None else shorten(prepared, until_ms)
    return dialect.attach(prepared, credential.signer.sign(dialect.payload(prepared)))


def verify(dialect: Dialect, request: WireRequest, claim: Claim, verifier: Verifier) -> None:
    """Check the signature that `claim` read off this request.

    Raises: `NotProven("bad_signature")`.
    """
    verifier.verify(dialect.payload(request), claim.signature)
