"""What only Coinbase Exchange does: ids within UUIDs, stops by their direction, pages, rights."""

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.catalogue.guide import Purpose, build_guide
from drawbridge.catalogue.registry import check_fields, find_cards, get_card, get_exchange
from drawbridge.core.errors import BadInput, Forbidden, NotProven, OutcomeUnknown
from drawbridge.core.operations import (
    CancelAllOrders,
    CheckAccess,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side, Trigger, TriggerKind
from drawbridge.exchanges.coinbase_exchange.codec.values import encode_client_id, read_client_id
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wording.say import say

EXCHANGE = get_exchange("coinbase_exchange")
CODEC, MARKETS = EXCHANGE.codec, EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000


def _view(method: str, path: str, query: str = "", body: object = None) -> ServerView:
    raw = orjson.dumps(body) if body is not None else b""
    request = WireRequest(method, path.encode(), query.encode(), (), raw)
    return ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)


def _asked(method: str, path: str, query: str = "", body: object = None) -> Operation[object]:
    return CODEC.decode_request(_view(method, path, query, body))


@given(client_id=st.from_regex(r"\Adb[a-z2-7]{15}\Z"))
def test_an_id_of_ours_travels_as_a_uuid_and_comes_back(client_id: str) -> None:
    travelling = encode_client_id(client_id)
    assert len(travelling) == 36
    assert (travelling[14], travelling[19]) == ("4", "8")
    assert read_client_id(travelling) == client_id


@given(number=st.uuids())
def test_anybody_elses_uuid_stays_what_it_is(number: object) -> None:
    assert encode_client_id(read_client_id(str(number))) == str(number)


@pytest.mark.parametrize("client_id", ["mine", "", "db0000000000000001", "x" * 36])
def test_what_is_no_uuid_names_no_order(client_id: str) -> None:
    with pytest.raises(BadInput, match="malformed"):
        encode_client_id(client_id)
    with pytest.raises(BadInput, match="malformed"):
        read_client_id(client_id)


@pytest.mark.parametrize(
    ("side", "stop", "kind"),
    [
        ("sell", "loss", TriggerKind.STOP),
        ("sell", "entry", TriggerKind.TAKE_PROFIT),
        ("buy", "entry", TriggerKind.STOP),
        ("buy", "loss", TriggerKind.TAKE_PROFIT),
        # Without a direction it is one against the order's side.
        ("sell", "", TriggerKind.STOP),
        ("buy", "", TriggerKind.STOP),
    ],
)
def test_a_stop_is_read_by_its_direction(side: str, stop: str, kind: TriggerKind) -> None:
    order = {
        "side": side,
        "product_id": "BTC-USD",
        "price": "20000",
        "size": "0.1",
        "stop_price": "21000",
        "stop": stop,
    }
    read = _asked("POST", "/orders", body=order)
    assert isinstance(read, PlaceOrder)
    assert read.trigger == Trigger(kind, Decimal(21_000))


def test_an_order_by_its_cost_and_one_by_its_size() -> None:
    market = {"type": "market", "side": "buy", "product_id": "BTC-USD"}
    by_cost = _asked("POST", "/orders", body={**market, "funds": "25"})
    by_size = _asked("POST", "/orders", body={**market, "size": "0.1"})
    assert by_cost == PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, quote_quantity=Decimal(25))
    assert by_size == PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, Decimal("0.1"))


@pytest.mark.parametrize(
    ("query", "operation"),
    [
        ("", GetOpenOrders()),
        ("status=open&status=pending&product_id=BTC-USD", GetOpenOrders("BTC/USD")),
        ("status=done", GetClosedOrders()),
        ("status=all", GetClosedOrders(include_open=True)),
        ("status=open&status=done", GetClosedOrders(include_open=True)),
    ],
)
def test_orders_are_asked_for_by_their_states(query: str, operation: Operation[object]) -> None:
    assert _asked("GET", "/orders", query) == operation


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="malformed"):
        _asked("GET", "/orders", "status=lost")


@pytest.mark.parametrize(
    ("query", "body", "symbol"),
    [
        ("", None, ""),
        ("product_id=BTC-USD", None, "BTC/USD"),
        # As ccxt writes it.
        ("", {"product_id": "BTC/USD"}, "BTC/USD"),
    ],
)
def test_all_orders_are_cancelled_of_one_product_or_of_all(
    query: str, body: object, symbol: str
) -> None:
    assert _asked("DELETE", "/orders", query, body) == CancelAllOrders(symbol)


def test_pages_of_fills_are_told_in_headers() -> None:
    view = _view("GET", "/fills", "product_id=BTC-USD&limit=1")
    operation = CODEC.decode_request(view)
    assert operation == GetOwnTrades("BTC/USD")
    answer = CODEC.encode_answer(operation, (), view)
    assert (answer.header(b"cb-before"), answer.header(b"cb-after")) == (b"0", None)
    with pytest.raises(BadInput, match="missing_parameter"):
        _asked("GET", "/fills")


def test_a_whole_page_of_open_orders_is_not_taken_for_all() -> None:
    body = orjson.dumps([{}] * 1_000)
    with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
        CODEC.decode_answer(GetOpenOrders(), WireAnswer(200, body), MARKETS)


def test_what_lies_beyond_the_longest_page_is_not_asked_for() -> None:
    for beyond in (GetClosedOrders(offset=1_000), GetOwnTrades("BTC/USD", offset=1_000)):
        with pytest.raises(BadInput, match="unsupported_operation"):
            CODEC.encode_request(beyond, MARKETS)


def test_the_probe_learns_that_a_key_reads_and_nothing_else() -> None:
    (operation,) = EXCHANGE.probe.operations()
    assert operation == CheckAccess("check_view")
    request = CODEC.encode_request(operation, MARKETS)
    assert (request.method, request.path) == ("GET", b"/fees")
    rights = EXCHANGE.probe.read((True,))
    assert rights.switches == {"view"}
    assert rights.untold == {"trade", "transfer", "manage"}
    with pytest.raises(NotProven):
        EXCHANGE.probe.read((NotProven("bad_key"),))
    with pytest.raises(Forbidden):
        EXCHANGE.probe.read((Forbidden("right_missing"),))
    with pytest.raises(OutcomeUnknown):
        EXCHANGE.probe.read((False,))


def test_who_looks_for_coinbase_pro_finds_both_of_its_heirs() -> None:
    for name in ("Coinbase Pro", "GDAX", "gdax"):
        assert {card.id for card in find_cards(name)} == {"coinbase", "coinbase_exchange"}


@pytest.mark.parametrize(
    ("exchange_id", "said"),
    [
        ("coinbase", "is where private customers trade today of what was called Coinbase Pro"),
        ("coinbase_exchange", "is for institutions"),
    ],
)
def test_the_guides_say_who_belongs_where(exchange_id: str, said: str) -> None:
    made = build_guide(get_card(exchange_id), Purpose.TRADING)
    assert any(said in say(it.key, **it.facts) for it in made.remarks)


def test_a_key_of_the_one_is_not_taken_for_a_key_of_the_other() -> None:
    retail = {
        "api_key": (
            "organizations/00000000-0000-4000-8000-000000000001"
            "/apiKeys/00000000-0000-4000-8000-000000000002"
        ),
        "api_secret": "A" * 86 + "==",
        "passphrase": "x",
    }
    with pytest.raises(BadInput, match="other_exchange_key") as refused:
        check_fields(get_card("coinbase_exchange"), retail)
    assert refused.value.facts["owner"] == get_card("coinbase").name
