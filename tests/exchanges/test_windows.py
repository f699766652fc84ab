"""Until when a request is good: what we sign never ends later than it was let.

Part of the contract: for every exchange whose card tells a word for it, and for every other that
the list of those who have none is the one that is written down.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import (
    Exchange,
    credential_of,
    exchange_ids,
    get_card,
    get_exchange,
)
from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.secret import Secret
from drawbridge.wire.codec import ServerView, encode_at
from drawbridge.wire.dialect import Claim, Credential, sign, verify
from drawbridge.wire.http import WireRequest
from drawbridge.wire.proving import check_stamp
from drawbridge.wire.stamps import Ends, StampKind, next_stamp
from tests.exchanges import samples
from tests.exchanges.market_samples import NOW_MS

PAGE = Path(__file__).resolve().parents[2] / "docs/explain/crossing.md"
CARRIED = tuple(x for x in exchange_ids() if get_card(x).level >= Level.TRADED)
WITH_WINDOW = tuple(x for x in CARRIED if get_card(x).window.name)
# Their requests end with the age of their stamp alone, minutes later, or with the next nonce.
WITHOUT_WINDOW = {"bitfinex", "bittrex", "cex", "coinbase_exchange", "huobi"}
# Orders of this form have no word for it, and are kept by the age of their stamp: five seconds.
_NO_WORD = {("kucoin", b"/api/v1/stop-order")}

several = settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
every_window = pytest.mark.parametrize("exchange_id", WITH_WINDOW)


def _credential(exchange: Exchange, data: st.DataObject) -> tuple[Credential, Secret]:
    fields = data.draw(samples.fields_of(exchange.card))
    told = {name: Secret(text) for name, text in fields.items()}
    return credential_of(exchange, told), Secret(fields["api_secret"])


def _stamp(exchange: Exchange) -> str:
    return str(next_stamp(exchange.card.stamp, NOW_MS, 0))


def _order(exchange: Exchange, data: st.DataObject) -> WireRequest:
    order = data.draw(samples.place_orders(exchange))
    try:
        request = encode_at(exchange.codec, order, exchange.card.markets(), NOW_MS)
    except BadInput:
        assume(False)  # noqa: FBT003  hypothesis takes it so: there are no words for this order
    assume((exchange.id, request.path) not in _NO_WORD)
    return request


def _ends_ms(exchange: Exchange, claim: Claim) -> int | None:
    """Give when a request ends by what it says itself; None: it says nothing."""
    if claim.until_ms is not None:
        return claim.until_ms
    rule = exchange.card.stamp
    stamped_ms = int(claim.stamp) * rule.ms_per_unit // rule.units_per_ms
    if claim.window_ms is not None:
        return stamped_ms + claim.window_ms
    # Where the end itself stands for the stamp, nothing else is said.
    return stamped_ms + rule.window_ms if exchange.card.window.covers is Ends.ALL else None


def test_those_without_a_window_are_the_ones_that_are_written_down() -> None:
    assert set(CARRIED) - set(WITH_WINDOW) == WITHOUT_WINDOW
    for exchange_id in CARRIED:
        has_word = hasattr(get_exchange(exchange_id).dialect, "shorten")
        assert has_word == (exchange_id in WITH_WINDOW)


@pytest.mark.parametrize("exchange_id", CARRIED)
def test_the_table_of_windows_says_what_the_card_says(exchange_id: str) -> None:
    card, page = get_card(exchange_id), PAGE.read_text("utf-8")
    lasts_s = (card.window.usual_ms or card.stamp.window_ms) // 1_000
    is_nonce = card.stamp.kind is StampKind.NONCE
    end = "with the next nonce" if is_nonce else f"{lasts_s} s after it"
    word = f"`{card.window.name}` | {card.window.covers}" if card.window.name else "- | -"
    assert f"| `{exchange_id}` | {word} | {end}" in page


@every_window
@several
@given(data=st.data())
def test_an_order_ends_when_it_was_let_and_not_later(exchange_id: str, data: st.DataObject) -> None:
    exchange = get_exchange(exchange_id)
    window = exchange.card.window
    (credential, secret), request = _credential(exchange, data), _order(exchange, data)
    lasts_ms = data.draw(st.integers(window.least_ms, 6_000))
    assume(lasts_ms <= window.most_ms)
    until_ms = NOW_MS + lasts_ms
    signed = sign(exchange.dialect, request, credential, _stamp(exchange), until_ms)
    claim = exchange.dialect.claim(signed)
    ends_ms = _ends_ms(exchange, claim)
    assert ends_ms is not None
    assert NOW_MS < ends_ms <= until_ms, "it is good for a while, and no longer than it was let"
    verify(exchange.dialect, signed, claim, exchange.keys.verifier(secret))
    check_stamp(exchange.card.stamp, claim, NOW_MS)
    with pytest.raises(NotProven, match=r"stale_stamp|deadline_passed"):
        check_stamp(exchange.card.stamp, claim, until_ms + 1)
    _same_meaning(exchange, request, signed)


@every_window
@several
@given(data=st.data())
def test_what_ends_sooner_by_itself_stays_so(exchange_id: str, data: st.DataObject) -> None:
    """A bot's own window is never made longer; shortening twice is shortening to the shorter."""
    exchange = get_exchange(exchange_id)
    (credential, _), request = _credential(exchange, data), _order(exchange, data)
    least_ms = max(exchange.card.window.least_ms, 1_000)
    shorter_ms = NOW_MS + data.draw(st.integers(least_ms, 2_500))
    longer_ms = shorter_ms + data.draw(st.integers(0, 2_400))
    dialect = exchange.dialect
    shorten = dialect.shorten  # type: ignore[attr-defined]  # offered by those who have a word for it
    once = shorten(dialect.prepare(request, credential, _stamp(exchange)), shorter_ms)
    assert shorten(once, longer_ms) == once
    assert shorten(shorten(once, longer_ms), shorter_ms) == once


@every_window
@several
@given(data=st.data())
def test_what_asks_for_something_else_means_what_it_meant(
    exchange_id: str, data: st.DataObject
) -> None:
    exchange = get_exchange(exchange_id)
    credential, secret = _credential(exchange, data)
    operation = data.draw(samples.private_operations(exchange))
    request = encode_at(exchange.codec, operation, exchange.card.markets(), NOW_MS)
    assume(exchange.endpoints.classify(request).is_signed)
    until_ms = NOW_MS + max(exchange.card.window.least_ms, 2_000)
    signed = sign(exchange.dialect, request, credential, _stamp(exchange), until_ms)
    claim = exchange.dialect.claim(signed)
    if exchange.card.window.covers is Ends.ALL and claim.stamp:
        ends_ms = _ends_ms(exchange, claim)
        assert ends_ms is not None
        assert ends_ms <= until_ms
    if claim.signature:
        verify(exchange.dialect, signed, claim, exchange.keys.verifier(secret))
    _same_meaning(exchange, request, signed)


@pytest.mark.parametrize("exchange_id", CARRIED)
@several
@given(data=st.data())
def test_without_an_end_nothing_is_said_about_one(exchange_id: str, data: st.DataObject) -> None:
    """One process alone: every byte as it was, as an independent client writes it."""
    exchange = get_exchange(exchange_id)
    (credential, _), request = _credential(exchange, data), _order(exchange, data)
    prepared = exchange.dialect.prepare(request, credential, _stamp(exchange))
    attached = exchange.dialect.attach(
        prepared, credential.signer.sign(exchange.dialect.payload(prepared))
    )
    signed = sign(exchange.dialect, request, credential, _stamp(exchange))
    claim, expected = exchange.dialect.claim(signed), exchange.dialect.claim(attached)
    # Some signatures are drawn anew each time; everything else is the same.
    assert replace(claim, signature=b"") == replace(expected, signature=b"")
    assert claim.until_ms is None


def _same_meaning(exchange: Exchange, plain: WireRequest, signed: WireRequest) -> None:
    markets = exchange.card.markets()
    endpoint = exchange.endpoints.classify(plain)
    assert exchange.endpoints.classify(signed) == endpoint
    if not endpoint.operation:
        return
    read = exchange.codec.decode_request(ServerView(endpoint, signed, markets, NOW_MS))
    meant = exchange.codec.decode_request(ServerView(endpoint, plain, markets, NOW_MS))
    assert read == meant
    assert isinstance(read, PlaceOrder) == isinstance(meant, PlaceOrder)
