"""Bots at the proxy: what a virtual key may, what it may not, and in whose words it is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from drawbridge.core.errors import ExchangeDown, OutcomeUnknown
from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetOpenOrders,
    GetStreamToken,
    GetTickers,
    PlaceOrder,
)
from drawbridge.gateway.journal import UNKNOWN
from drawbridge.vault.model import KeyStatus
from tests.gateway.setting import EXCHANGES, OWNER
from tests.gateway.stub_exchange import Fault
from tests.kit.ford import READS, Ford, ford, trading
from tests.kit.house import until


@pytest.fixture(params=EXCHANGES)
async def at(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Ford]:
    async with ford(tmp_path, request.param) as standing:
        yield standing


def _quote(at: Ford) -> str:
    return at.setting.symbol.partition("/")[2]


async def test_a_key_that_only_reads_is_refused_an_order_in_the_exchanges_words(at: Ford) -> None:
    """Scenario 79: the exchange never hears of it, and the log names the rule."""
    made = await at.virtual_key(READS)
    await at.ask(at.signed(made, GetBalances()))
    before = at.arrived
    answer = await at.ask(at.signed(made, at.setting.order()))
    error = at.read(answer)
    assert error is not None
    spoken = at.exchange.errors.read(at.exchange.errors.speak("right_missing", {}))
    assert error.code == spoken.code
    assert at.arrived == before
    assert await at.setting.rows("orders") == []
    row = (await at.crossings())[-1]
    assert (row["outcome"], row["rule"], row["owner"]) == ("refused", "scopes", OWNER)
    assert row["virtual_id"] == made.virtual.id


async def test_a_token_for_streams_is_one_of_ours_and_the_exchange_never_hears_of_it(
    at: Ford,
) -> None:
    made = await at.virtual_key()
    await at.ask(at.signed(made, GetBalances()))
    before = at.arrived
    answer = await at.ask(at.signed(made, GetStreamToken()))
    if at.exchange.id == "binance":
        # There the key's name would be enough, and a signed log-in is what clients use today.
        assert at.read(answer) is not None
        return
    assert at.read(answer) is None
    markets = at.exchange.card.markets()
    token = at.exchange.codec.decode_answer(GetStreamToken(), answer, markets).token
    now_ms = at.setting.clock.now_ms()
    assert at.bridge.tokens.get(at.exchange.id, "paper", token, now_ms).id == made.virtual.id
    assert at.arrived == before


async def test_a_revoked_key_is_refused_at_its_next_request(at: Ford) -> None:
    """Scenario 84."""
    made = await at.virtual_key()
    assert (await at.ask(at.signed(made, GetBalances()))).status == 200
    before = at.arrived
    await at.virtual_keys.revoke(OWNER, made.virtual.id)
    error = at.read(await at.ask(at.signed(made, GetBalances())))
    assert error is not None
    assert at.arrived == before
    assert (await at.crossings())[-1]["code"] == "virtual_revoked"


async def test_nothing_is_kept_to_check_a_revoked_key_by(at: Ford) -> None:
    made = await at.virtual_key()
    await at.bridge.forget_changed()
    assert (await at.ask(at.signed(made, GetBalances()))).status == 200
    assert at.bridge.proofs.find(made.virtual) is not None
    await at.virtual_keys.revoke(OWNER, made.virtual.id)
    await at.bridge.forget_changed()
    assert at.bridge.proofs.find(made.virtual) is None


async def test_an_unknown_outcome_is_told_as_a_time_out_and_the_order_stays_unknown(
    at: Ford,
) -> None:
    """Scenario 85."""
    made = await at.virtual_key(trading(day_turnover="75 " + _quote(at)))
    at.setting.stub.fail(PlaceOrder, Fault.LOST_AFTER)
    error = at.read(await at.ask(at.signed(made, at.setting.order())))
    assert isinstance(error, OutcomeUnknown)
    [row] = await _rows_in(at, UNKNOWN)
    assert row["origin"] == made.virtual.origin
    again = await at.ask(at.signed(made, at.setting.order()))
    assert at.read(again) is not None
    # What may have been traded stays counted: another order would go beyond the day's turnover.
    assert at.read(await at.ask(at.signed(made, at.setting.order("db2")))) is not None
    assert at.setting.stub.count(PlaceOrder) == 1


async def test_orders_at_once_cannot_slip_past_a_limit_together(at: Ford) -> None:
    """Scenario 81."""
    made = await at.virtual_key(trading(day_turnover="175 " + _quote(at)))
    orders = [at.signed(made, at.setting.order(f"db{number}")) for number in range(12)]
    answers = await asyncio.gather(*map(at.ask, orders))
    assert sum(at.read(answer) is None for answer in answers) == 3
    assert at.setting.stub.count(PlaceOrder) == 3
    refused = [row for row in await at.crossings() if row["outcome"] == "refused"]
    assert {row["rule"] for row in refused} == {"day_turnover"}
    assert len(refused) == 9


async def test_what_was_refused_is_told_once_in_the_audit_log_with_its_count(at: Ford) -> None:
    made = await at.virtual_key(READS)
    for number in range(5):
        await at.ask(at.signed(made, at.setting.order(f"db{number}")))
    await at.crossings()
    events = [row for row in await at.setting.rows("audit_events") if "refused" in str(row["tag"])]
    [event] = events
    assert (event["owner"], event["subject"]) == (OWNER, made.virtual.id)
    assert '"times":5' in str(event["facts"]).replace(" ", "")


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"pairs": ("OTHER",)}, "pairs"),
        ({"sides": ("sell",)}, "sides"),
        ({"order_types": ("market",)}, "order_types"),
        ({"addresses": ("192.0.2.0/24",)}, "addresses"),
        ({"largest_order": "49 QUOTE"}, "largest_order"),
        ({"open_exposure": "49 QUOTE"}, "open_exposure"),
        ({"day_turnover": "49 QUOTE"}, "day_turnover"),
        ({"collar": "10"}, "collar"),
    ],
)
async def test_every_restriction_is_told_by_its_own_rule(
    at: Ford, more: dict[str, object], rule: str
) -> None:
    """Scenario 81: refused in the exchange's words, each with its own reason in the log."""
    told = {
        name: it.replace("QUOTE", _quote(at)) if isinstance(it, str) else it
        for name, it in more.items()
    }
    if "pairs" in more:
        told["pairs"] = (at.exchange.card.paper_markets[1].symbol,)
    made = await at.virtual_key(trading(**told))
    assert at.read(await at.ask(at.signed(made, at.setting.order()))) is not None
    assert at.setting.stub.count(PlaceOrder) == 0
    assert (await at.crossings())[-1]["rule"] == rule


async def test_cancelling_is_possible_when_all_limits_are_used_up(at: Ford) -> None:
    made = await at.virtual_key(trading(day_turnover="50 " + _quote(at), rate="1"))
    assert at.read(await at.ask(at.signed(made, at.setting.order()))) is None
    assert at.read(await at.ask(at.signed(made, at.setting.order("db2")))) is not None
    cancelled = CancelOrder(at.setting.symbol, next(iter(at.setting.stub.orders)))
    assert at.read(await at.ask(at.signed(made, cancelled))) is None


async def test_an_order_without_an_id_of_its_own_can_be_found_again(at: Ford) -> None:
    made = await at.virtual_key()
    assert at.read(await at.ask(at.signed(made, at.setting.order("")))) is None
    [placed] = at.setting.stub.orders.values()
    [row] = await at.setting.rows("orders")
    assert placed.client_id == row["client_order_id"]
    assert str(row["client_order_id"]).startswith("db")


async def test_the_exchange_sees_the_real_key_alone(at: Ford) -> None:
    """Scenario 78."""
    made = await at.virtual_key()
    for operation in (GetBalances(), at.setting.order(), GetOpenOrders(at.setting.symbol)):
        assert at.read(await at.ask(at.signed(made, operation))) is None
    seen = b"".join(visit.head + visit.body for visit in at.setting.server.visits)
    assert at.setting.stub.key.encode() in seen
    assert made.virtual.public.encode() not in seen
    assert made.drawn.api_secret.reveal().encode() not in seen
    assert {row["outcome"] for row in await at.crossings()} == {"passed"}


async def test_a_key_that_was_switched_off_ends_its_virtual_keys(at: Ford) -> None:
    made = await at.virtual_key()
    await at.setting.change(KeyStatus.DISABLED)
    assert at.read(await at.ask(at.signed(made, GetBalances()))) is not None
    assert at.setting.stub.count(GetBalances) == 0


async def test_prices_need_no_key(at: Ford) -> None:
    request = at.exchange.codec.encode_request(
        GetTickers((at.setting.symbol,)), at.exchange.card.markets()
    )
    assert at.read(await at.ask(request)) is None


async def test_an_exchange_that_is_not_there_is_told_as_busy(at: Ford) -> None:
    made = await at.virtual_key()
    await at.ask(at.signed(made, GetBalances()))
    server = at.setting.server.server
    assert server is not None
    server.close()
    for writer in at.setting.server.writers:
        writer.transport.abort()
    error = at.read(await at.ask(at.signed(made, at.setting.order())))
    assert isinstance(error, ExchangeDown)
    await _rows_in(at, "refused")


async def test_several_clients_on_one_virtual_key_do_not_disturb_each_other(at: Ford) -> None:
    made = await at.virtual_key()
    asked = [at.signed(made, GetBalances()) for _ in range(8)]
    answers = await asyncio.gather(*(at.ask(it) for it in reversed(asked)))
    assert [at.read(answer) for answer in answers] == [None] * 8


async def _rows_in(at: Ford, state: str) -> list[dict[str, object]]:
    async def found() -> list[dict[str, object]] | None:
        rows = await at.setting.rows("orders")
        return rows if any(row["state"] == state for row in rows) else None

    return await until(found, f"an order is {state}")


async def test_a_changed_request_of_a_replaced_key_still_passes(at: Ford) -> None:
    """What a bot signs depends on its virtual key alone."""
    made = await at.virtual_key()
    request = at.signed(made, GetBalances())
    assert (
        at.read(await at.ask(replace(request, headers=(*request.headers, (b"x-a", b"b"))))) is None
    )
