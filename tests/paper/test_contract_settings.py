"""Leverage, margin mode, position mode, and what all of that looks like from outside."""

from decimal import Decimal

import pytest

from drawbridge.core.derivatives import (
    AdjustMargin,
    ContractSetting,
    GetContractSettings,
    GetPositionMode,
    GetPositions,
    MarginMode,
    SetLeverage,
    SetMarginMode,
    SetPositionMode,
)
from drawbridge.core.errors import BadInput, ExchangeRefused, NotFound
from drawbridge.core.operations import CancelAllOrders, GetTicker, Operation
from drawbridge.core.orders import PositionSide, Side
from drawbridge.paper.events import encode_batch
from drawbridge.paper.setting_up import relive
from drawbridge.paper.snapshot import encode_state, restore_state
from drawbridge.paper.store import Told
from tests.paper.perpetuals import OTHER, PERP, Perpetuals, perp

BUY, SELL = Side.BUY, Side.SELL


def _refused(world: Perpetuals, wish: Operation[object]) -> str:
    before = len(world.world.journal)
    with pytest.raises(ExchangeRefused) as caught:
        world.ask(wish)
    assert len(world.world.journal) == before
    return caught.value.code


def test_leverage_is_a_number_that_the_exchange_allows() -> None:
    world = Perpetuals()
    for leverage in (0, -1, 51):
        assert _refused(world, SetLeverage(PERP, leverage)) == "leverage_not_allowed"
    told = world.ask(SetLeverage(PERP, 50))
    assert told == ContractSetting(PERP, 50, MarginMode.CROSS)
    assert world.ask(GetContractSettings()) == (
        told,
        ContractSetting(OTHER, 10, MarginMode.CROSS),
    )
    assert world.ask(GetContractSettings(PERP)) == (told,)
    assert world.ask(GetContractSettings("BTC/USD")) == ()
    with pytest.raises(NotFound, match="unknown_symbol"):
        world.ask(SetLeverage("XRP/USD:USD", 2))
    with pytest.raises(BadInput, match="malformed"):
        world.ask(SetLeverage("BTC/USD", 2))


def test_a_cross_position_is_backed_by_what_the_new_leverage_asks_for() -> None:
    world = Perpetuals(money=100)
    world.place(perp(BUY, "4"))
    assert world.held() == Decimal("40.2")
    world.ask(SetLeverage(PERP, 20))
    assert world.held() == world.position().margin == Decimal("20.1")
    world.ask(SetLeverage(PERP, 5))
    assert world.held() == Decimal("80.4")
    assert _refused(world, SetLeverage(PERP, 4)) == "insufficient_funds"
    world.prove()


def test_an_isolated_position_keeps_its_margin() -> None:
    world = Perpetuals()
    world.isolate()
    world.place(perp(BUY, "2"))
    world.ask(SetLeverage(PERP, 20))
    assert world.position().margin == Decimal("20.1")
    assert world.position().leverage == 20
    assert _refused(world, SetLeverage(PERP, 10)) == "leverage_too_low"


def test_the_margin_mode_does_not_change_while_it_is_in_use() -> None:
    world = Perpetuals()
    isolated, cross = (
        SetMarginMode(PERP, mode) for mode in (MarginMode.ISOLATED, MarginMode.CROSS)
    )
    assert _refused(world, cross) == "margin_mode_same"
    world.place(perp(BUY, "1", "90"))
    assert _refused(world, isolated) == "margin_mode_fixed"
    world.ask(CancelAllOrders())
    assert world.ask(isolated) == ContractSetting(PERP, 10, MarginMode.ISOLATED)
    world.place(perp(BUY, "1"))
    assert _refused(world, cross) == "margin_mode_fixed"
    assert world.position().mode is MarginMode.ISOLATED


def test_the_position_mode_does_not_change_while_it_is_in_use() -> None:
    world = Perpetuals()
    assert world.ask(GetPositionMode()) is False
    assert _refused(world, SetPositionMode(hedged=False)) == "position_mode_same"
    world.place(perp(BUY, "1", "90"))
    assert _refused(world, SetPositionMode(hedged=True)) == "position_mode_fixed"
    world.ask(CancelAllOrders())
    assert world.ask(SetPositionMode(hedged=True)) is True
    assert world.ask(GetPositionMode()) is True
    assert world.ask(SetPositionMode(hedged=False)) is False


def test_margin_is_added_to_and_taken_from_an_isolated_position() -> None:
    world = Perpetuals(100, 101)
    assert _refused(world, AdjustMargin(PERP, Decimal(1))) == "no_position"
    world.place(perp(BUY, "2"))
    assert _refused(world, AdjustMargin(PERP, Decimal(1))) == "margin_not_isolated"
    world.place(perp(SELL, "2"))
    world.isolate()
    world.place(perp(BUY, "2"))
    assert _refused(world, AdjustMargin(PERP, Decimal(10_000))) == "insufficient_funds"
    assert _refused(world, AdjustMargin(PERP, Decimal(-1))) == "insufficient_funds"
    with pytest.raises(BadInput, match="malformed"):
        world.ask(AdjustMargin(PERP, Decimal("0.00001")))
    before = world.held()
    assert world.ask(AdjustMargin(PERP, Decimal(5))).margin == Decimal("25.1")
    assert world.held() == before + 5
    # It is losing 1, so 4 can be taken again.
    assert world.ask(AdjustMargin(PERP, Decimal(-4))).margin == Decimal("21.1")
    assert _refused(world, AdjustMargin(PERP, Decimal("-0.1"))) == "insufficient_funds"
    world.prove()


def test_asked_by_symbol_an_empty_position_shows_its_settings() -> None:
    world = Perpetuals()
    (empty,) = world.ask(GetPositions(PERP))
    assert (empty.quantity, empty.leverage, empty.side) == (Decimal(0), 10, PositionSide.BOTH)
    assert (empty.entry_price, empty.liquidation_price) == (Decimal(0), None)
    world.ask(SetPositionMode(hedged=True))
    sides = [it.side for it in world.ask(GetPositions(PERP))]
    assert sides == [PositionSide.LONG, PositionSide.SHORT]
    assert world.ask(GetPositions("BTC/USD")) == ()


def test_the_margin_account_adds_up() -> None:
    world = Perpetuals(100, 99)
    world.place(perp(BUY, "2"))
    world.place(perp(BUY, "1", "90"))
    world.wait()
    money = world.money()
    assert money.currency == "USD"
    assert money.wallet == 10_000 - Decimal("0.402")
    assert money.order_margin == Decimal("9.18")
    assert money.position_margin == Decimal("20.1")
    assert money.unrealised == -3
    assert money.maintenance_margin == Decimal("1.98")
    assert money.available == money.wallet - Decimal("9.18") - Decimal("20.1") - 3


def test_contracts_have_tickers_like_other_markets() -> None:
    world = Perpetuals()
    ticker = world.ask(GetTicker(PERP))
    assert (ticker.last, ticker.bid, ticker.ask) == (
        Decimal(100),
        Decimal("99.5"),
        Decimal("100.5"),
    )


def test_all_of_it_is_there_after_a_restart() -> None:
    world = Perpetuals(100, 101)
    world.isolate()
    world.ask(SetLeverage(PERP, 20))
    world.place(perp(BUY, "2"))
    world.place(perp(SELL, "1"))
    world.ask(SetPositionMode(hedged=True), "bob")
    world.place(perp(SELL, "1"), "cid")
    world.place(perp(BUY, "1", "90"), "cid")
    world.wait(8 * 3_600)
    state = world.world.state
    by_journal = world.world.empty().state
    relive(by_journal, Told(1, b"", [encode_batch(world.world.journal)]))
    by_snapshot = world.world.empty().state
    restore_state(by_snapshot, encode_state(state))
    for again in (by_journal, by_snapshot):
        assert encode_state(again) == encode_state(state)
        contracts = again.floors["gamma"].contracts
        assert contracts.setting("ann", again.floors["gamma"].pits[PERP].rules).leverage == 20
        assert contracts.hedged == {"bob"}
        assert [it.lots for it in contracts.all()] == [1_000, -1_000]
        assert len(contracts.payments["cid"]) == 1
