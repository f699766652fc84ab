"""T2: write and sign one order at each exchange, against ccxt; each dialect against its primitive.

ccxt works from `create_order` to the request that it would send, where it is stopped; we from the
operation to the signed request. Both end with the bytes that travel, which are compared first.
Signing and verifying alone are held against nothing but the key's own function over the same
bytes. Every exchange is met through its table of real clients; those that need an older ccxt are
measured for themselves only.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import ccxt
from cryptography.hazmat.primitives import serialization

from benchmarks.measure import Result, compare
from drawbridge.catalogue.registry import credential_of
from drawbridge.core.operations import Operation
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import parse_private_key
from drawbridge.wire.codec import encode_at
from drawbridge.wire.dialect import sign, verify
from drawbridge.wire.http import WireRequest
from drawbridge.wire.naming import KEY, named
from tests.real_clients.examples import NOW_MS
from tests.real_clients.referee import Referee, as_sent, referee
from tests.real_clients.table import Client, papered_ids
from tests.real_clients.wishes import wishes_of

_WISH: Final = "limit order"
_TARGET: Final = 0.25
# Keys of these kinds cost so much to use that what is written around them does not count.
_TARGETS: Final = {"Ed25519": 0.55, "RSA": 0.02}
_ORDERS: Final = 300


def run() -> list[Result]:
    """Compare for every exchange and kind of key."""
    return [result for exchange_id in papered_ids() for result in _results(referee(exchange_id))]


def _results(it: Referee) -> Iterator[Result]:
    older = it.table.ccxt_version not in {"", ccxt.__version__}
    for kind in ("", *it.table.wire.other_keys):
        wish = wishes_of(it)[_WISH]
        ours = _Ours(it, wish.operation, kind)
        if not older:
            yield _against_ccxt(ours, wish.call)
        yield from _against_primitive(ours)


class _Ours:
    """Our side: an exchange, a key, and the order."""

    def __init__(self, it: Referee, operation: Operation[Any], kind: str) -> None:
        self.referee = it
        self.kind = kind
        self.name = f"{it.exchange.id} {kind}".rstrip()
        self._operation = operation
        self._markets = it.exchange.card.markets()
        self._names = {**it.table.wire.names, KEY: it.fields(kind)["api_key"]}
        secrets = {name: Secret(text) for name, text in it.fields(kind).items()}
        self.credential = credential_of(it.exchange, secrets)
        self.verifier = it.exchange.keys.verifier(_material(it, kind))
        rule = it.exchange.card.stamp
        self.stamp = it.table.wire.stamp or str(NOW_MS * rule.units_per_ms // rule.ms_per_unit)

    def write(self) -> WireRequest:
        """Write the order, unsigned."""
        codec = self.referee.exchange.codec
        return encode_at(codec, self._operation, self._markets, NOW_MS)

    def sign(self, request: WireRequest) -> WireRequest:
        """Sign it."""
        named_for = named(request, self._names)
        return sign(self.referee.exchange.dialect, named_for, self.credential, self.stamp)


def _material(it: Referee, kind: str) -> Secret:
    """Give what the exchange keeps: the shared secret, or the public half of an uploaded key."""
    text = it.fields(kind)["api_secret"]
    if not kind or not text.startswith("-----BEGIN PRIVATE KEY-----"):
        return Secret(text)
    public = parse_private_key(Secret(text)).public_key()
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return Secret(public.public_bytes(encoding, form).decode())


def _against_ccxt(ours: _Ours, call: Callable[[Client], Any]) -> Result:
    it, kind = ours.referee, ours.kind
    client = it.client(kind)
    call(client)
    theirs = next(heard.sent for heard in client.fetch.heard if heard.sent[0] != "GET")
    if it.comparable(theirs) != it.comparable(as_sent(ours.sign(ours.write()))):
        message = f"{ours.name}: the two sides do not sign the same bytes"
        raise AssertionError(message)
    client.fetch = _stop

    def reference() -> None:
        for _ in range(_ORDERS):
            try:
                call(client)
            except _StoppedError:
                continue

    pair = compare(lambda: _many(lambda: ours.sign(ours.write())), reference)
    micros = 1e6 / _ORDERS
    return Result(
        "T2",
        f"write and sign an order, {ours.name}: CPU / ccxt",
        pair.cpu_ratio,
        _TARGETS.get(kind, _TARGET),
        f"{pair.ours.cpu_s * micros:.1f} µs against {pair.reference.cpu_s * micros:.1f} µs",
        at_least=False,
    )


def _against_primitive(ours: _Ours) -> Iterator[Result]:
    dialect = ours.referee.exchange.dialect
    request = ours.write()
    signed = ours.sign(request)
    payload, claim = dialect.payload(signed), dialect.claim(signed)
    signer, verifier = ours.credential.signer, ours.verifier
    pairs = {
        "sign": (lambda: ours.sign(request), lambda: signer.sign(payload)),
        "verify": (
            lambda: verify(dialect, signed, dialect.claim(signed), verifier),
            lambda: verifier.verify(payload, claim.signature),
        ),
    }
    for name, (work, bare) in pairs.items():
        pair = compare(partial(_many, work), partial(_many, bare))
        mine_s, bare_s = pair.ours.cpu_s, pair.reference.cpu_s
        yield Result(
            "T2",
            f"{name}, {ours.name}: CPU / bare primitive",
            pair.cpu_ratio,
            None,
            f"{_ORDERS / mine_s:,.0f} a second, bare {_ORDERS / bare_s:,.0f}",
            at_least=False,
        )


class _StoppedError(Exception):
    """Where ccxt would begin to send."""


def _stop(*_arguments: object, **_named: object) -> None:
    raise _StoppedError


def _many(side: Callable[[], object]) -> None:
    """Do it many times, keeping nothing: a gateway sends what it signed and forgets it."""
    for _ in range(_ORDERS):
        side()
