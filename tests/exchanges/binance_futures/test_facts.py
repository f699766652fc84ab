"""Binance Futures' facts: the card, the endpoint table and the code beside them agree."""

import json
import re
from decimal import Decimal

import pytest

from drawbridge.catalogue.card import Need
from drawbridge.catalogue.levels import Level, needed_tables
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import Forbidden
from drawbridge.core.markets import Markets
from drawbridge.core.operations import FORBIDDEN_SCOPES, GetKeyRights, GetMarkets, Scope
from drawbridge.exchanges.binance_futures.codec import names
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireRequest

EXCHANGE = get_exchange("binance_futures")
CARD = EXCHANGE.card
ROWS = tuple(EXCHANGE.endpoints.rows())


def _access(method: str, path: str) -> str:
    return EXCHANGE.endpoints.classify(WireRequest(method, path.encode())).access


def test_the_card_tells_all_that_its_level_asks() -> None:
    assert CARD.level is Level.STREAMING
    assert set(needed_tables(CARD.level)) <= CARD.told


def test_the_code_counts_with_what_the_card_tells() -> None:
    told = CARD.derivatives
    assert told is not None
    assert told.most_leverage == names.MOST_LEVERAGE
    assert told.maintenance_rate == names.MAINTENANCE_RATE
    assert told.liquidation_fee == Decimal(names.LIQUIDATION_FEE)
    assert told.funding_hours == names.FUNDING_HOURS
    for market in CARD.markets():
        assert (market.fee_maker, market.fee_taker) == (names.FEE_MAKER, names.FEE_TAKER)


def test_the_limits_that_are_told_are_those_that_hold() -> None:
    request = WireRequest("GET", b"/fapi/v1/exchangeInfo")
    endpoint = EXCHANGE.endpoints.classify(request)
    view = ServerView(endpoint, request, Markets(CARD.markets()), 1_700_000_000_000)
    answer = EXCHANGE.codec.encode_answer(GetMarkets(), CARD.markets(), view)
    seconds = {"SECOND": 1, "MINUTE": 60}
    told = {
        (row["limit"], row["intervalNum"] * seconds[row["interval"]] * 1_000)
        for row in json.loads(answer.body)["rateLimits"]
    }
    assert told == {(it.amount, it.window_ms) for it in EXCHANGE.endpoints.limits.values()}


def test_every_switch_that_is_told_stands_on_the_card() -> None:
    assert set(names.SWITCHES) == {switch.api for switch in CARD.permissions}
    for row in ROWS:
        for name in row.switches:
            assert CARD.find_permission(name), name


def test_a_trading_key_has_two_switches_on_and_may_move_nothing_out() -> None:
    wanted = {s.api for s in CARD.permissions if s.need in {Need.REQUIRED, Need.TRADING}}
    assert wanted == {"enableReading", "enableFutures"}
    assert CARD.scopes_of(wanted) == {Scope.READ, Scope.TRADE_DERIVATIVES}
    for switch in CARD.permissions:
        if FORBIDDEN_SCOPES & set(switch.scopes):
            assert switch.need is Need.MUST_BE_OFF, switch.label
    assert not any(row.operation for row in ROWS if row.scope in FORBIDDEN_SCOPES)


def test_the_wallets_paths_are_asked_of_the_wallets_host_and_no_other() -> None:
    """The contracts' own host has none of them, and the rights of a key are told by one."""
    for row in ROWS:
        if row.method != "WS":
            elsewhere = row.path.startswith((b"/sapi/", b"/api/", b"/papi/"))
            assert (row.host == "api.binance.com") is elsewhere, row.path
    assert [row.host for row in ROWS if row.operation == "get_key_rights"] == ["api.binance.com"]
    assert [type(it) for it in EXCHANGE.probe.operations()] == [GetKeyRights]


@pytest.mark.parametrize(
    ("method", "path", "access"),
    [
        ("GET", "/fapi/v1/premiumIndex", "public"),
        ("GET", "/fapi/v3/account", "read"),
        ("GET", "/sapi/v1/account/apiRestrictions", "any_key"),
        ("POST", "/fapi/v1/order", "trade_derivatives"),
        ("POST", "/fapi/v1/algoOrder", "trade_derivatives"),
        ("POST", "/fapi/v1/leverage", "trade_derivatives"),
        ("POST", "/sapi/v1/asset/transfer", "transfer"),
        ("POST", "/sapi/v1/capital/withdraw/apply", "withdraw"),
    ],
)
def test_requests_are_classified_by_what_they_could_do(method: str, path: str, access: str) -> None:
    assert _access(method, path) == access


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/fapi/v1/ping"),
        ("GET", "/fapi/v1//order"),
        ("GET", "/fapi/v1/%6frder"),
        ("POST", "/api/v3/order"),
        ("POST", "/dapi/v1/order"),
    ],
)
def test_what_is_not_listed_is_refused(method: str, path: str) -> None:
    with pytest.raises(Forbidden, match="unknown_endpoint"):
        _access(method, path)


def test_every_prefix_that_the_client_knows_is_ours() -> None:
    urls = CARD.clients["ccxt"].urls
    assert all(url.startswith(("{base}/", "{ws}/")) for url in urls.values())
    assert urls["ws.linear"] == "{ws}/ws"


def test_ids_of_orders_are_taken_as_the_exchange_takes_them() -> None:
    assert names.CLIENT_ID.fullmatch("a.B:/_-9" + "x" * 28)
    assert not names.CLIENT_ID.fullmatch("x" * 37)
    assert not re.fullmatch(names.ORDER_ID, "-1")
