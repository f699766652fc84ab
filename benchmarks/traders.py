"""People who trade on the paper exchange: a key each, and requests signed as it wants them."""

import asyncio
import itertools
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.load import as_bytes
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.registry import Exchange, credential_of
from drawbridge.core.operations import GetOwnName, Operation, Scope
from drawbridge.core.secret import Secret
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.wire.codec import encode_at
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import KEY, marks_in, named
from drawbridge.wire.stamps import next_stamp

_NUMBERS: Final = itertools.count()
_ADDRESS: Final = "127.0.0.1"


@dataclass(slots=True)
class Trader:
    """Somebody with a key; stamps only rise. `rest` is where the exchange stands."""

    exchange: Exchange
    credential: Credential
    rest: str = ""
    last_stamp: int = 0
    names: dict[str, str] = field(default_factory=dict)

    def signed(self, operations: Iterable[Operation[object]]) -> list[bytes]:
        """Sign these operations, each ready to be sent."""
        requests = []
        for operation in operations:
            signed = self._signed(operation)
            requests.append(as_bytes(signed.method, signed.target, signed.headers, signed.body))
        return requests

    def _signed(self, operation: Operation[object]) -> WireRequest:
        exchange, now_ms = self.exchange, time.time_ns() // 1_000_000
        written = encode_at(exchange.codec, operation, exchange.card.markets(), now_ms)
        for of in marks_in(written):
            if of not in self.names:
                self.names[of] = self._own_name(of)
        named_for = named(written, {**self.names, KEY: self.credential.key})
        self.last_stamp = next_stamp(exchange.card.stamp, now_ms, self.last_stamp)
        return sign(exchange.dialect, named_for, self.credential, str(self.last_stamp))

    def _own_name(self, of: str) -> str:
        """Ask the exchange what it calls this key's account or owner."""
        operation, markets = GetOwnName(of), self.exchange.card.markets()
        asked = self._signed(operation)
        told = urllib.request.Request(  # noqa: S310  our own paper exchange
            self.rest + asked.target.decode(),
            data=asked.body or None,
            headers={name.decode(): value.decode() for name, value in asked.headers},
            method=asked.method,
        )
        with urllib.request.urlopen(told) as answer:  # noqa: S310  our own paper exchange
            return self.exchange.codec.decode_answer(
                operation, WireAnswer(answer.status, answer.read()), markets
            )


def new_trader(
    state: Path,
    exchange: Exchange,
    scope: Scope = Scope.TRADE_SPOT,
    account: str = "",
    rest: str = "",
) -> Trader:
    """Make a key of a new account (or of this one) that may trade."""
    card = exchange.card
    switches = switches_for(card, frozenset({Scope.READ, scope}))
    needed = scope in card.ip_list.required_for
    wish = KeyWish(card.id, switches=switches, ip_list=(_ADDRESS,) if needed else ())
    at = Surroundings(SystemClock(), entropy)
    name = account or f"trader-{next(_NUMBERS)}"
    made = asyncio.run(make_key(state, (exchange,), name, wish, at))
    fields = {
        "api_key": Secret(made.api_key),
        "api_secret": made.api_secret or Secret(""),
        "passphrase": made.passphrase,
    }
    given = {field: secret for field, secret in fields.items() if secret is not None}
    return Trader(exchange, credential_of(exchange, given), rest)
