"""Licences at the last look before an order: what adds is refused, what reduces always passes."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import Forbidden
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.refusals import Refused
from drawbridge.trading.last_look import LastLook
from drawbridge.vault.model import KeyRecord
from tests.trading.setting import ORIGIN, Desk, desk

_NO = Refused("licence_lease_ended", {"rule": "licence"})


class Told:
    """Licences that say one thing, and are asked how often."""

    def __init__(self, refused: Refused | None) -> None:
        self.refused = refused
        self.asked = 0

    def passes(self, key: KeyRecord, origin: str) -> bool:
        """Tell at once."""
        del key, origin
        self.asked += 1
        return self.refused is None

    async def refusal(self, key: KeyRecord, origin: str) -> Refused | None:
        """Tell why."""
        del key, origin
        return self.refused


def _look(trading: Desk, licences: Told) -> LastLook:
    house = trading.house
    return LastLook(house.database, house.vault.kept, house.clock, licences)


async def _passed(trading: Desk, licences: Told, order: PlaceOrder, origin: str = ORIGIN) -> None:
    look, key = _look(trading, licences), trading.house.vault.kept.get(trading.house.key)
    if not look.passes(key, origin, order):
        await look.check(key, origin, order)


async def test_an_entry_is_refused_with_the_licence_s_reason(tmp_path: Path) -> None:
    async with desk(tmp_path, "binance") as trading:
        with pytest.raises(Forbidden, match="licence_lease_ended") as told:
            await _passed(trading, Told(_NO), trading.order())
        assert told.value.facts["rule"] == "licence"


@pytest.mark.parametrize(
    "changes",
    [
        {"side": Side.SELL},
        {"side": Side.SELL, "type": OrderType.MARKET, "price": None},
        {"reduce_only": True},
        {"symbol": "BTC/USDT:USDT", "side": Side.SELL, "reduce_only": True},
        {"symbol": "BTC/USDT:USDT", "side": Side.BUY, "close_position": True},
    ],
)
async def test_what_closes_or_reduces_always_passes(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    """Scenario 53: trading does not stop in the middle of a position."""
    async with desk(tmp_path, "binance") as trading:
        order = replace(trading.order(), **changes)  # type: ignore[arg-type]  # names and values come from the test
        await _passed(trading, Told(_NO), order)


async def test_opening_a_short_is_an_entry(tmp_path: Path) -> None:
    async with desk(tmp_path, "binance") as trading:
        order = replace(trading.order(), symbol="BTC/USDT:USDT", side=Side.SELL)
        with pytest.raises(Forbidden, match="licence_lease_ended"):
            await _passed(trading, Told(_NO), order)
        more = replace(order, quantity=Decimal(2), leverage=Decimal(3))
        with pytest.raises(Forbidden, match="licence_lease_ended"):
            await _passed(trading, Told(_NO), more)


async def test_the_probe_of_a_check_needs_no_licence(tmp_path: Path) -> None:
    async with desk(tmp_path, "binance") as trading:
        licences = Told(_NO)
        await _passed(trading, licences, trading.order(), "check:1")
        assert licences.asked == 0


async def test_with_a_licence_everything_passes(tmp_path: Path) -> None:
    async with desk(tmp_path, "binance") as trading:
        await _passed(trading, Told(None), trading.order())
