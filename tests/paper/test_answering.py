"""The gate of a papered exchange: every check of a real one, in its own words (scenario 89)."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.clock import DAY_MS, SteppedClock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import (
    GetBalances,
    GetKeyRights,
    GetServerTime,
    KeyRights,
    Operation,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.answering import Answering
from drawbridge.paper.world import PaperWorld
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.stamps import StampKind

START_MS = 1_800_000_000_000
HERE = "127.0.0.1"
EXCHANGES = ("binance", "kraken")
TRADING = frozenset({Scope.READ, Scope.TRADE_SPOT})


def bytes_from(seed: int) -> Callable[[int], bytes]:
    """Stand in for randomness: different bytes at every call, the same in every run."""
    calls = iter(range(seed, 10**6))

    def draw(count: int) -> bytes:
        return b"".join(next(calls).to_bytes(4, "big") for _ in range(count // 4 + 1))[:count]

    return draw


@dataclass
class Counter:
    """A papered exchange with one key, and a clock that is moved by hand."""

    exchange: Exchange
    world: PaperWorld
    answering: Answering
    clock: SteppedClock
    credential: Credential
    stamps: int = 0

    @property
    def order(self) -> PlaceOrder:
        symbol = self.exchange.card.paper_markets[0].symbol
        return PlaceOrder(symbol, Side.BUY, OrderType.LIMIT, Decimal("0.01"), Decimal(1_000))

    def signed(self, operation: Operation[Any], late_ms: int = 0) -> WireRequest:
        """Sign as a client would whose clock is `late_ms` behind."""
        request = self.exchange.codec.encode_request(operation, self.exchange.card.markets())
        rule = self.exchange.card.stamp
        self.stamps += rule.kind is StampKind.NONCE
        stamp = (self.clock.now_ms() - late_ms) * rule.units_per_ms + self.stamps
        return sign(self.exchange.dialect, request, self.credential, str(stamp))

    async def ask(self, operation: Operation[Any], address: str = HERE) -> WireAnswer:
        return await self.answering.answer(self.signed(operation), address)

    def read(self, answer: WireAnswer) -> str:
        """Give the code of our error that a client reads from the answer, or nothing."""
        raw = self.exchange.codec.read_error(answer)
        return "" if raw is None else self.exchange.errors.read(raw).code

    def spoken(self, reason: str) -> str:
        """Give the code that a client reads when the exchange speaks this reason."""
        errors = self.exchange.errors
        return errors.read(errors.speak(reason, {})).code

    def wish(self, scopes: frozenset[Scope] = TRADING) -> KeyWish:
        card = self.exchange.card
        return KeyWish(card.id, switches=switches_for(card, scopes))

    async def new_key(self, wish: KeyWish) -> None:
        """Make another key and go on with it."""
        made = await self.world.keys.create("ada", wish)
        assert made.api_secret is not None
        fields = {"api_key": Secret(made.api_key), "api_secret": made.api_secret}
        self.credential = credential_of(self.exchange, fields)


@contextlib.asynccontextmanager
async def opened(folder: Path, exchange_id: str) -> AsyncIterator[Counter]:
    exchange, clock = get_exchange(exchange_id), SteppedClock(START_MS)
    world = await PaperWorld.open(folder, [exchange], clock, bytes_from(1))
    await world.open_account("ada", START_MS)
    nobody = Credential("nobody", exchange.keys.signer(Secret("QUJD" * 16)))
    counter = Counter(exchange, world, Answering(exchange, world, clock), clock, nobody)
    await counter.new_key(counter.wish())
    try:
        yield counter
    finally:
        await world.close()


@pytest.fixture(params=EXCHANGES)
async def counter(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Counter]:
    async with opened(tmp_path, request.param) as it:
        yield it


async def test_a_key_that_nobody_made_is_unknown(counter: Counter) -> None:
    counter.credential = replace(counter.credential, key="A" * len(counter.credential.key))
    assert counter.read(await counter.ask(GetBalances())) == counter.spoken("bad_key")


async def test_a_disabled_key_is_unknown_and_an_enabled_one_works_again(counter: Counter) -> None:
    name = counter.credential.key
    await counter.world.keys.disable("ada", counter.exchange.id, name)
    assert counter.read(await counter.ask(GetBalances())) == counter.spoken("bad_key")
    await counter.world.keys.enable("ada", counter.exchange.id, name)
    assert counter.read(await counter.ask(GetBalances())) == ""


async def test_a_foreign_signature_is_bad(counter: Counter) -> None:
    other = counter.exchange.keys.signer(Secret("QUJD" * 16))
    counter.credential = replace(counter.credential, signer=other)
    assert counter.read(await counter.ask(GetBalances())) == counter.spoken("bad_signature")


async def test_a_stamp_out_of_time_or_used_twice_is_refused(counter: Counter) -> None:
    request = counter.signed(GetBalances())
    assert counter.read(await counter.answering.answer(request, HERE)) == ""
    if counter.exchange.card.stamp.kind is StampKind.NONCE:
        again = await counter.answering.answer(request, HERE)
        assert counter.read(again) == counter.spoken("used_nonce")
        return
    late = await counter.answering.answer(counter.signed(GetBalances(), 120_000), HERE)
    assert counter.read(late) == counter.spoken("stale_stamp")
    early = await counter.answering.answer(counter.signed(GetBalances(), -5_000), HERE)
    assert counter.read(early) == counter.spoken("stamp_ahead")


async def test_a_badly_signed_nonce_does_not_burn_the_later_ones(counter: Counter) -> None:
    good = counter.credential
    counter.stamps = 10**9
    counter.credential = replace(good, signer=counter.exchange.keys.signer(Secret("QUJD" * 16)))
    assert counter.read(await counter.ask(GetBalances())) != ""
    counter.stamps, counter.credential = 0, good
    assert counter.read(await counter.ask(GetBalances())) == ""


async def test_a_key_bound_to_addresses_works_from_there_only(counter: Counter) -> None:
    await counter.new_key(replace(counter.wish(), ip_list=("203.0.113.7",)))
    answer = await counter.ask(GetBalances())
    assert counter.read(answer) == counter.spoken("ip_not_allowed")
    assert counter.read(await counter.ask(GetBalances(), "203.0.113.7")) == ""


async def test_an_expired_key_is_refused(counter: Counter) -> None:
    if not counter.exchange.card.expiry.settable:
        # Where keys end by a rule of the exchange, the rule's date comes instead of a wish.
        counter.clock.advance(400 * DAY_MS)
        await counter.world.refresh()
    else:
        await counter.new_key(replace(counter.wish(), expires_ms=START_MS + DAY_MS))
        assert counter.read(await counter.ask(GetBalances())) == ""
        counter.clock.advance(DAY_MS)
    assert counter.read(await counter.ask(GetBalances())) == counter.spoken("key_expired")


async def test_a_reading_key_places_no_order(counter: Counter) -> None:
    """Scenario 79, on the exchange's own side."""
    await counter.new_key(counter.wish(frozenset({Scope.READ})))
    assert counter.read(await counter.ask(GetBalances())) == ""
    assert counter.read(await counter.ask(counter.order)) == counter.spoken("right_missing")


async def test_every_valid_key_may_ask_for_its_own_rights(counter: Counter) -> None:
    answer = await counter.ask(GetKeyRights())
    rights = counter.exchange.codec.decode_answer(
        GetKeyRights(), answer, counter.exchange.card.markets()
    )
    assert isinstance(rights, KeyRights)
    assert counter.exchange.card.scopes_of(rights.switches) >= TRADING
    assert Scope.WITHDRAW not in counter.exchange.card.scopes_of(rights.switches)


async def test_a_limit_refuses_for_a_while_and_then_no_longer(counter: Counter) -> None:
    codes = {counter.read(await counter.ask(GetBalances())) for _ in range(400)}
    assert codes == {"", counter.spoken("rate_limited")}
    counter.clock.advance(60_000)
    assert counter.read(await counter.ask(GetBalances())) == ""


async def test_an_endpoint_that_is_not_listed_does_not_exist(counter: Counter) -> None:
    for path in (b"/", b"/nowhere", b"//", b"/%2e%2e/x", b"/api/v3/order/../order"):
        answer = await counter.answering.answer(WireRequest("GET", path), HERE)
        assert counter.read(answer) == counter.spoken("unknown_endpoint")


async def test_garbage_in_any_part_of_a_request_gets_the_exchanges_own_refusal(
    counter: Counter,
) -> None:
    """Never a fault of ours, never a traceback: what is raised is always one of our errors."""
    requests: list[WireRequest] = []
    collect(counter, requests)
    for request in requests:
        answer = await counter.answering.answer(request, HERE)
        assert answer.status < 500
        with contextlib.suppress(DrawbridgeError):
            counter.exchange.codec.read_error(answer)
    assert all(proof.difference == 0 for proof in counter.world.books_balance())


def collect(counter: Counter, requests: list[WireRequest]) -> None:
    """Draw requests: real endpoints with broken queries and bodies, signed and unsigned."""
    rows = counter.exchange.endpoints.rows()
    good = [counter.signed(it) for it in (GetServerTime(), GetBalances(), counter.order)]
    text = st.binary(max_size=60) | st.sampled_from([it.body for it in good])

    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.sampled_from(rows), text, text, st.sampled_from(good), st.data())
    def draw(
        row: Endpoint, query: bytes, body: bytes, like: WireRequest, data: st.DataObject
    ) -> None:
        headers = tuple(pair for pair in like.headers if data.draw(st.booleans()))
        request = WireRequest(row.method, row.path, query, headers, body)
        if data.draw(st.booleans()):
            # A valid signature over garbage: the decoders must stand it alone.
            with contextlib.suppress(DrawbridgeError):
                stamp = str(START_MS * counter.exchange.card.stamp.units_per_ms + 5_000)
                request = sign(counter.exchange.dialect, request, counter.credential, stamp)
        requests.append(request)

    draw()
