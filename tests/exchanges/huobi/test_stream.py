"""HTX's streams beyond the contract: the dossier's log-ins, compressed frames, pings, refusals."""

import gzip
from decimal import Decimal
from typing import Any

import orjson
import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeRefused, NotProven
from drawbridge.core.markets import Level, OrderBook
from drawbridge.core.operations import Balance, GetOrderBook
from drawbridge.core.secret import Secret
from drawbridge.core.streams import BalancesTold, BookChange, Topic, TopicKind
from drawbridge.exchanges.huobi import dialect, stream
from drawbridge.exchanges.huobi.stream.packing import unpack
from drawbridge.wire.dialect import Credential
from drawbridge.wire.stream import Ask, Close, Effects, LogIn, Opening, Send, Session, Subscribe

NOW_MS = 1_700_000_000_000
SECRET = Secret("11111111-22222222-33333333-44444")
CREDENTIAL = Credential("drawbri-dge00000-htxtest0-00001", dialect.signer(SECRET))
# The dossier's vectors: ccxt.pro and huobi-sdk for the exchange's own address, ccxt.pro for ours.
SIGNED = "0+144VxjtjZQY4Bxcbh1I/HBWf1ESzcbVBzUwnVor4Y="
SIGNED_WHOLE_ADDRESS = "pe/QnVXTs/myhnVZGRB4Lx9JJCECaEhHsEFRNnKLpC8="
MARKETS = get_exchange("huobi").card.markets()


def session_at(path: bytes, host: bytes = b"127.0.0.1:9000") -> Session:
    headers = ((b"host", host),)
    errors = get_exchange("huobi").errors
    session = stream.open_session(Opening(path, b"", headers, MARKETS, NOW_MS, errors))
    assert session is not None
    return session


def told(effects: Effects) -> list[Any]:
    return [orjson.loads(unpack(it.frame)) for it in effects if isinstance(it, Send)]


def ask(session: Session, **document: object) -> Effects:
    return session.receive(orjson.dumps(document).decode(), NOW_MS)


def log_in_frame(signature: str = SIGNED) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(stream.log_in(CREDENTIAL, "1700000000"))
    document["params"]["signature"] = signature
    return document


def test_our_log_in_is_signed_as_other_clients_sign_it() -> None:
    document = orjson.loads(stream.log_in(CREDENTIAL, "1700000000"))
    assert document["params"]["signature"] == SIGNED
    assert document["params"]["timestamp"] == "2023-11-14T22:13:20"


@pytest.mark.parametrize("signature", [SIGNED, SIGNED_WHOLE_ADDRESS])
def test_known_clients_log_in_wherever_they_think_that_they_are(signature: str) -> None:
    (effect,) = ask(session_at(b"/ws/v2"), **log_in_frame(signature))
    assert isinstance(effect, LogIn)
    assert effect.proof is not None
    claim = effect.proof.claim
    assert (claim.key, claim.stamp) == (CREDENTIAL.key, "1700000000")
    dialect.verifier(SECRET).verify(effect.proof.payload, claim.signature)


def test_a_log_in_for_another_host_is_not_proven() -> None:
    (effect,) = ask(session_at(b"/ws/v2", b"127.0.0.1:9001"), **log_in_frame(SIGNED_WHOLE_ADDRESS))
    assert isinstance(effect, LogIn)
    assert effect.proof is not None
    with pytest.raises(NotProven):
        dialect.verifier(SECRET).verify(effect.proof.payload, effect.proof.claim.signature)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signatureVersion", "2"),
        ("signatureMethod", "none"),
        ("timestamp", "now"),
        ("accessKey", 7),
    ],
)
def test_a_log_in_that_says_something_else_is_refused(name: str, value: object) -> None:
    document = log_in_frame()
    document["params"][name] = value
    (answer,) = told(ask(session_at(b"/ws/v2"), **document))
    assert (answer["ch"], answer["code"], answer["message"]) == ("auth", 2002, "auth.fail")


def test_private_channels_need_a_log_in() -> None:
    session = session_at(b"/ws/v2")
    (answer,) = told(ask(session, action="sub", ch="orders#btcusdt"))
    assert (answer["code"], answer["message"]) == (2002, "invalid.auth.state")
    session.logged_in("auth", NOW_MS)
    done, effect = ask(session, action="sub", ch="orders#btcusdt")
    assert told([done])[0]["code"] == 200
    assert isinstance(effect, Subscribe)
    assert (effect.topic, effect.endpoint) == (Topic(TopicKind.ORDERS), "ws_orders")


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("orders#nopair", 2001),
        ("orders#btcusdt#1", 2001),
        ("accounts.update#9", 2001),
        ("nothing", 2001),
    ],
)
def test_a_channel_that_is_not_there_is_refused(channel: str, code: int) -> None:
    session = session_at(b"/ws/v2")
    session.logged_in("auth", NOW_MS)
    (answer,) = told(ask(session, action="sub", ch=channel))
    assert (answer["code"], answer["ch"]) == (code, channel)


def test_what_may_not_be_followed_is_said_by_its_name() -> None:
    session = session_at(b"/ws/v2")
    session.logged_in("auth", NOW_MS)
    _, effect = ask(session, action="sub", ch="accounts.update#2")
    assert isinstance(effect, Subscribe)
    (answer,) = told(session.refused(effect.ref, DrawbridgeError("right_missing"), NOW_MS))
    assert (answer["ch"], answer["code"]) == ("accounts.update#2", 2002)
    assert not session.tell(Topic(TopicKind.BALANCES), BalancesTold((), 0), NOW_MS)


@pytest.mark.parametrize(
    ("mode", "fields"),
    [("0", {"balance"}), ("1", {"available", "balance"}), ("2", {"available", "balance"})],
)
def test_each_mode_tells_its_own_part_of_a_balance(mode: str, fields: set[str]) -> None:
    session = session_at(b"/ws/v2")
    session.logged_in("auth", NOW_MS)
    ask(session, action="sub", ch=f"accounts.update#{mode}")
    balance = Balance("USDT", Decimal(5), Decimal(1))
    event = BalancesTold((balance,), NOW_MS, changes=(Decimal(2),))
    (frame,) = session.tell(Topic(TopicKind.BALANCES), event, NOW_MS)
    row = orjson.loads(frame)["data"]
    assert row.keys() & {"available", "balance"} == fields
    assert (row["currency"], row["changeType"]) == ("usdt", "order.match")


def test_how_things_stand_is_told_to_those_who_asked_for_it() -> None:
    event = BalancesTold((Balance("USDT", Decimal(5), Decimal(1)),), NOW_MS, is_snapshot=True)
    for mode, count in (("0", 0), ("1", 0), ("2", 1)):
        session = session_at(b"/ws/v2")
        session.logged_in("auth", NOW_MS)
        ask(session, action="sub", ch=f"accounts.update#{mode}")
        assert len(session.tell(Topic(TopicKind.BALANCES), event, NOW_MS)) == count


# -------------------------------------------------------------------------------- market data
def test_market_data_travel_compressed_and_questions_do_not() -> None:
    session = session_at(b"/ws")
    done, effect = ask(session, sub="market.btcusdt.ticker", id="7")
    assert isinstance(done, Send)
    assert isinstance(done.frame, bytes)
    answer = orjson.loads(gzip.decompress(done.frame))
    assert (answer["id"], answer["status"]) == ("7", "ok")
    assert answer["subbed"] == "market.btcusdt.ticker"
    assert isinstance(effect, Subscribe)


def test_a_frame_that_unfolds_without_end_is_refused() -> None:
    with pytest.raises(BadInput):
        unpack(gzip.compress(b"0" * 50_000_000))
    with pytest.raises(BadInput):
        unpack(b"\x1f\x8b no more than that")


@pytest.mark.parametrize(
    "topic",
    [
        "market.nopair.detail",
        "market.btcusdt.depth.step9",
        "market.btcusdt.kline.1mon",
        "market.btcusdt.mbp.7",
        "market.BTCUSDT.detail",
        "nothing",
        7,
    ],
)
def test_a_topic_that_is_not_there_is_refused_as_ccxt_reads_it(topic: object) -> None:
    (answer,) = told(ask(session_at(b"/ws"), sub=topic, id="1"))
    assert (answer["status"], answer["err-code"], answer["id"]) == ("error", "bad-request", "1")
    with pytest.raises(ExchangeRefused):
        stream.read_frame(orjson.dumps(answer), MARKETS)


def test_who_leaves_two_pings_unanswered_is_shown_out() -> None:
    session = session_at(b"/ws")
    assert told(session.tick(NOW_MS + 4_999)) == []
    assert told(session.tick(NOW_MS + 5_000)) == [{"ping": NOW_MS + 5_000}]
    assert ask(session, pong=NOW_MS + 5_000) == ()
    assert len(told(session.tick(NOW_MS + 10_000))) == 1
    assert len(told(session.tick(NOW_MS + 15_000))) == 1
    assert session.tick(NOW_MS + 20_000) == (Close(),)


def test_the_private_connection_is_pinged_as_well() -> None:
    session = session_at(b"/ws/v2")
    (ping,) = told(session.tick(NOW_MS + 20_000))
    assert ping == {"action": "ping", "data": {"ts": NOW_MS + 20_000}}
    assert ask(session, action="pong", data=ping["data"]) == ()
    assert told(ask(session, action="ping", data={}))[0]["action"] == "pong"


def test_a_book_to_begin_with_is_asked_for_once() -> None:
    session = session_at(b"/feed")
    (effect,) = ask(session, req="market.btcusdt.mbp.150", id="5")
    assert isinstance(effect, Ask)
    assert effect.operation == GetOrderBook("BTC/USDT", 150)
    book = OrderBook("BTC/USDT", NOW_MS, 9, (Level(Decimal(1), Decimal(2)),), ())
    (answer,) = session.answered(effect.ref, book, NOW_MS)
    assert isinstance(answer, Send)
    (read,) = stream.read_frame(answer.frame, MARKETS)
    assert read == book
    (refused,) = told(ask(session, req="market.btcusdt.detail", id="6"))
    assert refused["status"] == "error"


def test_who_follows_changes_is_told_the_book_from_which_the_next_one_goes_on() -> None:
    session = session_at(b"/feed")
    *_, effect = ask(session, sub="market.btcusdt.mbp.150", id="5")
    assert isinstance(effect, Subscribe)
    bids = (Level(Decimal(1), Decimal(2)),)
    session.tell(effect.topic, OrderBook("BTC/USDT", NOW_MS, 7, (), ()), NOW_MS)
    book = OrderBook("BTC/USDT", NOW_MS, 9, bids, ())
    session.tell(effect.topic, BookChange("BTC/USDT", NOW_MS, 7, 9, bids, (), book), NOW_MS)
    (answer,) = told(ask(session, req="market.btcusdt.mbp.150", id="6"))
    assert (answer["id"], answer["data"]["seqNum"]) == ("6", 9)
    ask(session, unsub="market.btcusdt.mbp.150", id="7")
    (effect,) = ask(session, req="market.btcusdt.mbp.150", id="8")
    assert isinstance(effect, Ask)


def test_a_channel_is_left_and_its_topic_with_the_last_one() -> None:
    session = session_at(b"/ws")
    ask(session, sub="market.btcusdt.detail", id="1")
    ask(session, sub="market.btcusdt.bbo", id="2")
    assert len(ask(session, unsub="market.btcusdt.detail", id="3")) == 1
    assert len(ask(session, unsub="market.btcusdt.bbo", id="4")) == 2
    assert len(ask(session, unsub="market.btcusdt.bbo", id="5")) == 1
