"""Binance's facts: the card, the endpoint table and the probe agree with the code beside them."""

import json
import re
from decimal import Decimal

import pytest

from drawbridge.catalogue.card import Need
from drawbridge.catalogue.levels import Level, needed_tables
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import Forbidden, NotProven, OutcomeUnknown
from drawbridge.core.money import places_of
from drawbridge.core.operations import FORBIDDEN_SCOPES, KeyRights, Scope
from drawbridge.wire.http import WireRequest
from tests.exchanges.vectors import vectors_of

EXCHANGE = get_exchange("binance")
CARD = EXCHANGE.card
TRADING_KEY = {"enableReading", "enableSpotAndMarginTrading"}


def _access(method: str, path: str) -> str:
    return EXCHANGE.endpoints.classify(WireRequest(method, path.encode())).access


def test_the_card_tells_all_that_its_level_asks() -> None:
    assert CARD.level is Level.STREAMING
    assert set(needed_tables(CARD.level)) <= CARD.told


def test_a_trading_key_has_two_switches_on_and_may_move_nothing_out() -> None:
    wanted = {s.api for s in CARD.permissions if s.need in {Need.REQUIRED, Need.TRADING}}
    assert wanted == TRADING_KEY
    assert CARD.scopes_of(wanted) == {Scope.READ, Scope.TRADE_SPOT}
    for switch in CARD.permissions:
        if FORBIDDEN_SCOPES & set(switch.scopes):
            assert switch.need is Need.MUST_BE_OFF, switch.label


def test_amounts_of_every_paper_market_fit_eight_decimals() -> None:
    for market in CARD.markets():
        assert places_of(market.price_tick) + places_of(market.quantity_step) <= 8, market.symbol


def test_the_fees_that_are_told_are_those_that_are_taken() -> None:
    (row,) = [row for row in EXCHANGE.endpoints.rows() if row.name == "trade_fees"]
    told = {
        fees["symbol"]: (Decimal(fees["makerCommission"]), Decimal(fees["takerCommission"]))
        for fees in json.loads(row.answer)
    }
    assert told == {market.id: (market.fee_maker, market.fee_taker) for market in CARD.markets()}


@pytest.mark.parametrize(
    ("field", "text", "fits"),
    [
        ("api_key", "a" * 64, True),
        ("api_key", "a" * 63, False),
        ("api_key", "a" * 63 + "-", False),
        (
            "private_key",
            "-----BEGIN PRIVATE KEY-----\n" + "M" * 64 + "\n-----END PRIVATE KEY-----",
            True,
        ),
        (
            "private_key",
            "-----BEGIN PUBLIC KEY-----\n" + "M" * 64 + "\n-----END PUBLIC KEY-----",
            False,
        ),
    ],
)
def test_formats_of_credentials(field: str, text: str, fits: bool) -> None:  # noqa: FBT001  a parameter of the test
    part = CARD.find_credential(field)
    assert part is not None
    assert bool(re.fullmatch(part.format, text)) is fits


@pytest.mark.parametrize(
    ("method", "path", "access"),
    [
        ("GET", "/api/v3/ping", "public"),
        ("GET", "/api/v3/account", "read"),
        ("GET", "/sapi/v1/account/apiRestrictions", "any_key"),
        ("POST", "/api/v3/order", "trade_spot"),
        ("DELETE", "/api/v3/openOrders", "trade_spot"),
        ("POST", "/sapi/v1/margin/order", "trade_margin"),
        ("POST", "/sapi/v1/asset/transfer", "transfer"),
        ("POST", "/sapi/v1/sub-account/universalTransfer", "transfer"),
        ("POST", "/sapi/v1/capital/withdraw/apply", "withdraw"),
        ("POST", "/sapi/v1/giftcard/createCode", "withdraw"),
        ("POST", "/sapi/v1/broker/subAccountApi", "manage_keys"),
    ],
)
def test_requests_are_classified_by_what_they_could_do(method: str, path: str, access: str) -> None:
    assert _access(method, path) == access


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v3/ping"),
        ("GET", "/api/v3//order"),
        ("GET", "/api/v3/order/"),
        ("GET", "/API/v3/order"),
        ("GET", "/api/v3/%6frder"),
        ("GET", "/api/v3/../v3/order"),
        ("POST", "/sapi/v1/simple-earn/flexible/subscribe"),
        ("POST", "/fapi/v1/order"),
    ],
)
def test_what_is_not_listed_is_refused(method: str, path: str) -> None:
    with pytest.raises(Forbidden, match="unknown_endpoint"):
        _access(method, path)


def test_nothing_of_ours_or_of_the_paper_exchange_moves_value_out() -> None:
    for row in EXCHANGE.endpoints.rows():
        if row.scope in FORBIDDEN_SCOPES:
            assert not row.operation, row.name


def test_the_switches_of_the_table_stand_on_the_card() -> None:
    for row in EXCHANGE.endpoints.rows():
        for name in row.switches:
            switch = CARD.find_permission(name)
            assert switch is not None
            assert row.scope in switch.scopes


def test_every_prefix_that_the_client_knows_is_ours() -> None:
    client = CARD.clients["ccxt"]
    assert all(url.startswith(("{base}/", "{ws}/")) for url in client.urls.values())
    assert client.urls["ws.spot"] == "{ws}/ws"


def test_the_probe_asks_for_the_rights_and_gives_them_on() -> None:
    (operation,) = EXCHANGE.probe.operations()
    assert type(operation).__name__ == "GetKeyRights"
    rights = KeyRights(frozenset(TRADING_KEY))
    assert EXCHANGE.probe.read((rights,)) is rights
    with pytest.raises(NotProven, match="bad_signature"):
        EXCHANGE.probe.read((NotProven("bad_signature"),))
    for nothing in ((), (None,)):
        with pytest.raises(OutcomeUnknown):
            EXCHANGE.probe.read(nothing)


def test_vectors_name_their_origin() -> None:
    vectors = tuple(vectors_of("binance"))
    assert len(vectors) > 40
    assert all(vector.origin for vector in vectors)
