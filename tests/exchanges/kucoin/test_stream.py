"""KuCoin's streams without a socket: what a client sends, and what it is told."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.core.errors import ExchangeDown, Forbidden, NotProven
from drawbridge.core.markets import Candle, Markets, PublicTrade
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance
from drawbridge.core.orders import OrderStatus, Trigger, TriggerKind
from drawbridge.core.streams import (
    BalancesTold,
    CandleTold,
    OrdersTold,
    OrderTold,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.exchanges.kucoin import stream
from drawbridge.exchanges.kucoin.codec.tokens import PUBLIC_TOKEN
from drawbridge.wire.stream import Close, LogIn
from drawbridge.wire.stream import Subscribe as Sub
from drawbridge.wire.stream import Unsubscribe as Unsub
from tests.exchanges.kucoin.streaming import (
    BALANCES,
    BOOK,
    CHANGE,
    FILL,
    MARKETS,
    NOW_MS,
    ORDER,
    SYMBOL,
    TICKER,
    heard,
    opened,
    opening,
    private,
    public,
    say,
    sent,
    subscribe,
    welcomed,
)


# --------------------------------------------------------------------------------- connections
def test_another_path_is_no_stream() -> None:
    assert stream.open_session(opening("", b"/api/v1/orders")) is None


def test_the_public_token_is_welcomed_at_once() -> None:
    session = opened(f"token={PUBLIC_TOKEN}&connectId=c")
    assert sent(session.opened(NOW_MS)) == [{"id": "c", "type": "welcome"}]


def test_a_drawn_token_is_looked_at_before_the_welcome() -> None:
    session = opened("token=drawn&privateChannel=true&connectId=private")
    assert session.opened(NOW_MS) == (LogIn("welcome", token="drawn"),)
    assert sent(session.logged_in("welcome", NOW_MS)) == [{"id": "private", "type": "welcome"}]


@pytest.mark.parametrize("query", ["", "token=", "connectId=c", "token=%FF", "a=1&a=2"])
def test_an_address_without_a_token_is_asked_for_one_and_closed(query: str) -> None:
    session = opened(query)
    assert session.opened(NOW_MS) == (LogIn("welcome", token=""),)
    effects = session.refused("welcome", NotProven("bad_key"), NOW_MS)
    assert sent(effects)[0]["code"] == 401
    assert effects[-1] == Close(1008)


def test_nobody_is_heard_before_the_welcome() -> None:
    session = opened("token=drawn&connectId=c")
    session.opened(NOW_MS)
    effects = subscribe(session, "/market/ticker:BTC-USDT")
    assert sent(effects)[0]["code"] == 403
    assert isinstance(effects[-1], Close)


def test_a_ping_is_answered_and_silence_ends_the_connection() -> None:
    session = welcomed()
    assert sent(say(session, id="9", type="ping")) == [{"id": "9", "type": "pong"}]
    assert session.tick(NOW_MS + 28_000) == ()
    assert session.tick(NOW_MS + 28_001)[-1] == Close(1008)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", 400),
        ("[]", 400),
        ('{"id":"1","type":"openTunnel"}', 415),
        ('{"id":"1"}', 415),
        ('{"id":"1","type":"subscribe"}', 404),
        ('{"id":"1","type":"subscribe","topic":"/market/ticker:AAA-BBB"}', 404),
        ('{"id":"1","type":"subscribe","topic":"/market/candles:BTC-USDT_1year"}', 404),
        ('{"id":"1","type":"subscribe","topic":"/market/unknown:BTC-USDT"}', 404),
        ('{"id":"1","type":"unsubscribe","topic":"/market/unknown:BTC-USDT"}', 404),
        ('{"id":"1","type":"subscribe","topic":"/spotMarket/tradeOrders"}', 403),
        ('{"id":"1","type":"subscribe","topic":"/account/balance"}', 403),
    ],
)
def test_what_cannot_be_followed_is_refused_by_its_code(frame: str, code: int) -> None:
    (told,) = sent(welcomed().receive(frame, NOW_MS))
    assert (told["type"], told["code"]) == ("error", code)


def test_an_id_of_any_length_and_kind_is_bounded() -> None:
    session = welcomed()
    assert len(sent(say(session, id="9" * 9_999, type="ping"))[0]["id"]) == 64
    assert sent(say(session, id=[1], type="ping"))[0]["id"] is None


def test_a_connection_follows_three_hundred_things_and_a_frame_a_hundred() -> None:
    one = MARKETS.get(SYMBOL)
    many = Markets(replace(one, symbol=f"A{n}/USDT", id=f"A{n}-USDT") for n in range(400))
    names = [market.id for market in many]
    session = stream.open_session(replace(opening(f"token={PUBLIC_TOKEN}"), markets=many))
    assert session is not None
    session.opened(NOW_MS)
    answers = [
        sent(subscribe(session, "/market/match:" + ",".join(names[first:last])))[0]
        for first, last in ((0, 101), (0, 100), (100, 200), (200, 300), (300, 301))
    ]
    assert [it.get("code") for it in answers] == [404, None, None, None, 509]


def test_a_refused_subscription_tells_why() -> None:
    session = welcomed(with_key=True)
    (forbidden,) = sent(session.refused("7", Forbidden("right_missing"), NOW_MS))
    (too_many,) = sent(session.refused("8", ExchangeDown("rate_limited"), NOW_MS))
    assert (forbidden["id"], forbidden["code"]) == ("7", 406)
    assert (too_many["id"], too_many["code"]) == ("8", 509)


# ------------------------------------------------------------------------------- subscriptions
def test_two_channels_of_one_topic_are_one_subscription_and_end_with_the_last() -> None:
    session, topic = welcomed(), Topic(TopicKind.TICKER, SYMBOL)
    first = subscribe(session, "/market/ticker:BTC-USDT")
    assert sent(first) == [{"id": "1", "type": "ack"}]
    assert first[1] == Sub(topic, "1")
    assert len(subscribe(session, "/market/snapshot:BTC-USDT")) == 1
    subjects = [told["subject"] for told in heard(session, topic, TICKER)]
    assert subjects == ["trade.ticker", "trade.snapshot"]
    gone = say(session, id="2", type="unsubscribe", topic="/market/ticker:BTC-USDT")
    assert gone == []
    gone = say(session, id="3", type="unsubscribe", topic="/market/snapshot:BTC-USDT")
    assert gone == [Unsub(topic)]
    assert heard(session, topic, TICKER) == []


def test_several_pairs_are_parted_by_commas_and_all_are_told_under_one_name() -> None:
    session = welcomed()
    effects = subscribe(session, "/market/ticker:BTC-USDT,ETH-USDT")
    wanted = [Topic(TopicKind.TICKER, SYMBOL), Topic(TopicKind.TICKER, "ETH/USDT")]
    assert [it.topic for it in effects if isinstance(it, Sub)] == wanted
    every = welcomed()
    effects = subscribe(every, "/market/ticker:all")
    assert len([it for it in effects if isinstance(it, Sub)]) == len(MARKETS)
    (told,) = heard(every, wanted[0], TICKER)
    assert (told["topic"], told["subject"]) == ("/market/ticker:all", "BTC-USDT")


# -------------------------------------------------------------------------------------- public
def test_changes_of_the_book_are_numbered_without_a_gap_and_the_book_itself_is_not_told() -> None:
    (told,) = public("/market/level2:BTC-USDT", TopicKind.BOOK, BOOK, CHANGE)
    assert told["subject"] == "trade.l2update"
    assert told["data"] == {
        "changes": {"asks": [["65000.5", "0.25", "79"]], "bids": [["65000", "0", "79"]]},
        "sequenceStart": 78,
        "sequenceEnd": 79,
        "symbol": "BTC-USDT",
        "time": NOW_MS,
    }


def test_a_short_book_is_told_whole_each_time() -> None:
    told = public("/spotMarket/level2Depth5:BTC-USDT", TopicKind.BOOK, BOOK, CHANGE, depth=5)
    assert [len(it["data"]["asks"]) for it in told] == [5, 5]
    assert told[0]["data"]["bids"][0] == ["65000", "1"]


def test_trades_before_the_subscription_are_not_told() -> None:
    trade = PublicTrade(9, SYMBOL, NOW_MS, Decimal(65_000), Decimal("0.01"), taker_buys=True)
    before = TradesTold(SYMBOL, (trade,), is_snapshot=True)
    (told,) = public(
        "/market/match:BTC-USDT", TopicKind.TRADES, before, TradesTold(SYMBOL, (trade,))
    )
    assert told["data"]["time"] == f"{NOW_MS}000000"
    assert (told["data"]["side"], told["data"]["tradeId"]) == ("buy", "9")


def test_the_best_prices_and_candles_are_told_in_their_order() -> None:
    (best,) = public("/spotMarket/level1:BTC-USDT", TopicKind.TICKER, TICKER)
    assert best["data"]["asks"] == ["65000.2", "0.4"]
    prices = (Decimal(number) for number in (1, 4, 0, 2, 7))
    candle = CandleTold(SYMBOL, 60_000, NOW_MS, Candle(NOW_MS, *prices), is_closed=False)
    (told,) = public("/market/candles:BTC-USDT_1min", TopicKind.CANDLES, candle, interval_ms=60_000)
    assert told["data"]["candles"][:6] == ["1700000000", "1", "2", "4", "0", "7"]


# ------------------------------------------------------------------------------------- private
def test_an_order_opens_matches_and_is_filled() -> None:
    half = replace(ORDER, filled=Decimal("0.01"), status=OrderStatus.PARTIALLY_FILLED)
    full = replace(ORDER, filled=Decimal("0.02"), status=OrderStatus.FILLED)
    told = private(
        "/spotMarket/tradeOrders",
        OrdersTold((ORDER,), NOW_MS),
        OrderTold(ORDER, NOW_MS),
        OrderTold(half, NOW_MS, replace(FILL, quantity=Decimal("0.01"))),
        OrderTold(full, NOW_MS, FILL),
    )
    assert [it["data"]["type"] for it in told] == ["open", "match", "match", "filled"]
    match = told[1]["data"]
    assert (match["matchSize"], match["liquidity"], match["remainSize"]) == (
        "0.01",
        "maker",
        "0.01",
    )
    assert told[-1]["data"]["remainSize"] == "0"
    assert {it["channelType"] for it in told} == {"private"}


@pytest.mark.parametrize("status", [OrderStatus.CANCELLED, OrderStatus.EXPIRED])
def test_an_order_that_ends_early_is_cancelled(status: OrderStatus) -> None:
    (told,) = private("/spotMarket/tradeOrders", OrderTold(replace(ORDER, status=status), NOW_MS))
    assert (told["data"]["type"], told["data"]["status"]) == ("canceled", "done")
    assert told["data"]["canceledSize"] == "0.02"


def test_an_order_that_waits_is_told_apart_until_its_price_has_come() -> None:
    waiting = replace(ORDER, trigger=Trigger(TriggerKind.STOP, Decimal(64_000)))
    come = replace(waiting, triggered_ms=NOW_MS)
    gone = replace(waiting, status=OrderStatus.CANCELLED)
    events = [OrderTold(it, NOW_MS) for it in (waiting, come, gone)]
    stops = private("/spotMarket/advancedOrders", *events, OrderTold(ORDER, NOW_MS))
    assert [it["data"]["type"] for it in stops] == ["open", "triggered", "cancel"]
    assert stops[0]["data"]["stop"] == "loss"
    others = private("/spotMarket/tradeOrders", *events)
    assert [it["data"]["type"] for it in others] == ["open"]


def test_fills_are_told_alone_to_who_wants_only_those() -> None:
    full = replace(ORDER, filled=Decimal("0.02"), status=OrderStatus.FILLED)
    (told,) = private("/spot/tradeFills", OrderTold(ORDER, NOW_MS), OrderTold(full, NOW_MS, FILL))
    assert told["subject"] == "/spot/tradeFills"
    assert (told["data"]["fee"], told["data"]["feeCurrency"]) == (1.3, "USDT")


def test_balances_are_told_when_they_change_and_by_how_much() -> None:
    session = welcomed(with_key=True)
    subscribe(session, "/account/balance")
    first = BalancesTold((Balance("USDT", Decimal(1_000), ZERO),), NOW_MS, is_snapshot=True)
    then = BalancesTold((Balance("USDT", Decimal(995), Decimal(5)),), NOW_MS, changes=(ZERO,))
    (told,) = heard(session, BALANCES, first, then)
    data = told["data"]
    assert (data["available"], data["availableChange"], data["holdChange"]) == ("995", "-5", "5")
    assert data["relationEvent"] == "trade_hf.hold"
