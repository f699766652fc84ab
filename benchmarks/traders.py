"""People who trade on the paper exchange: a key each, and requests signed as it wants them."""

import asyncio
import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load import as_bytes
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.registry import Exchange, credential_of
from drawbridge.core.operations import Operation, Scope
from drawbridge.core.secret import Secret
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.stamps import next_stamp

_NUMBERS: Final = itertools.count()
_ADDRESS: Final = "127.0.0.1"


@dataclass(slots=True)
class Trader:
    """Somebody with a key; stamps only rise."""

    exchange: Exchange
    credential: Credential
    last_stamp: int = 0

    def signed(self, operations: Iterable[Operation[object]]) -> list[bytes]:
        """Sign these operations, each ready to be sent."""
        exchange = self.exchange
        markets, rule, requests = exchange.card.markets(), exchange.card.stamp, []
        for operation in operations:
            unsigned = exchange.codec.encode_request(operation, markets)
            self.last_stamp = next_stamp(rule, time.time_ns() // 1_000_000, self.last_stamp)
            signed = sign(exchange.dialect, unsigned, self.credential, str(self.last_stamp))
            requests.append(as_bytes(signed.method, signed.target, signed.headers, signed.body))
        return requests


def new_trader(
    state: Path, exchange: Exchange, scope: Scope = Scope.TRADE_SPOT, account: str = ""
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
    return Trader(exchange, credential_of(exchange, given))
