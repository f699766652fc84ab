"""CEX.IO's facts: the card, the endpoint table and the code beside them agree."""

import pytest

from drawbridge.catalogue.card import Need
from drawbridge.catalogue.guide import Purpose, build_guide
from drawbridge.catalogue.levels import Level, needed_tables
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import Forbidden
from drawbridge.core.operations import FORBIDDEN_SCOPES, KeyRights, Scope
from drawbridge.exchanges.cex.codec.values import FEE, SUB_ACCOUNT
from drawbridge.verification.verdict import judge_rights
from drawbridge.wire.http import WireRequest
from drawbridge.wording.say import say

EXCHANGE = get_exchange("cex")
CARD = EXCHANGE.card
ROWS = tuple(EXCHANGE.endpoints.rows())


def test_the_card_tells_all_that_its_level_asks() -> None:
    assert CARD.level is Level.PAPERED
    assert set(needed_tables(CARD.level)) <= CARD.told


def test_the_code_counts_with_what_the_card_tells() -> None:
    assert CARD.key_page.sub_account == SUB_ACCOUNT
    assert {(it.fee_maker, it.fee_taker) for it in CARD.markets()} == {(FEE, FEE)}


def test_the_guide_asks_for_the_account_that_orders_come_from() -> None:
    steps = build_guide(CARD, Purpose.TRADING).steps
    (told,) = (say(it.key, **it.facts) for it in steps if it.key == "guide.step.sub_account")
    assert SUB_ACCOUNT in told


def test_a_trading_key_has_two_switches_on_and_may_move_nothing() -> None:
    wanted = {s.api for s in CARD.permissions if s.need in {Need.REQUIRED, Need.TRADING}}
    assert CARD.scopes_of(wanted) == {Scope.READ, Scope.TRADE_SPOT}
    off = [s for s in CARD.permissions if s.api not in wanted]
    assert all(s.need is Need.MUST_BE_OFF for s in off)
    assert not any(row.operation for row in ROWS if row.scope in FORBIDDEN_SCOPES)


def test_what_the_exchange_does_not_tell_is_said_to_be_unknown() -> None:
    """An answered question shows reading; that the others are off is never claimed."""
    assert len(EXCHANGE.probe.operations()) == 1
    rights = EXCHANGE.probe.read((True,))
    assert rights.switches == {"read"}
    assert rights.untold == {"trade", "funds_internal", "funds_wallet"}
    found = judge_rights(CARD, KeyRights(rights.switches, untold=rights.untold), 0)
    assert found.is_by_probes
    assert "withdrawing_not_ruled_out" in {remark.code for remark in found.remarks}


@pytest.mark.parametrize(
    ("path", "access"),
    [
        ("/api/spot/rest-public/get_ticker", "public"),
        ("/api/spot/rest/get_my_orders", "read"),
        ("/api/spot/rest/do_my_new_order", "trade_spot"),
        ("/api/spot/rest/do_my_internal_transfer", "transfer"),
        ("/api/spot/rest/do_withdrawal_funds_to_wallet", "transfer"),
    ],
)
def test_requests_are_classified_by_what_they_could_do(path: str, access: str) -> None:
    assert EXCHANGE.endpoints.classify(WireRequest("POST", path.encode())).access == access


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/spot/rest-public/get_ticker"),
        ("POST", "/api/spot/rest/do_my_new_order/"),
        ("POST", "/api/spot/rest//do_my_new_order"),
        ("POST", "/api/place_order/BTC/USD"),
    ],
)
def test_what_is_not_listed_is_refused(method: str, path: str) -> None:
    with pytest.raises(Forbidden, match="unknown_endpoint"):
        EXCHANGE.endpoints.classify(WireRequest(method, path.encode()))


def test_every_prefix_that_the_client_knows_is_ours() -> None:
    assert all(it.startswith(("{base}/", "{ws}")) for it in CARD.clients["ccxt"].urls.values())
