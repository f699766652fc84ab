"""How long a check waits for an exchange, told by one that has no room for it."""

from pathlib import Path

import pytest

from drawbridge.core.errors import ExchangeDown
from drawbridge.core.operations import GetKeyRights
from drawbridge.verification.patience import PATIENCE_MS, Patience
from drawbridge.verification.rights import ask_rights
from tests.gateway.setting import setting
from tests.verification.setting import checking


class Exchange:
    """Says so often that it has no room, and how long to stay away."""

    def __init__(self, *waits_ms: int, code: str = "rate_limited") -> None:
        self.waits_ms = list(waits_ms)
        self.code = code
        self.asked = 0

    async def ask(self) -> str:
        self.asked += 1
        if self.waits_ms:
            raise ExchangeDown(self.code, retry_after_ms=self.waits_ms.pop(0))
        return "answer"


async def test_what_has_no_room_is_asked_again_when_there_is() -> None:
    exchange = Exchange(1, 2, 0)
    assert await Patience().wait_out(exchange.ask) == "answer"
    assert exchange.asked == 4


async def test_nobody_waits_for_what_would_take_too_long() -> None:
    exchange = Exchange(PATIENCE_MS + 1)
    with pytest.raises(ExchangeDown, match="rate_limited"):
        await Patience().wait_out(exchange.ask)
    assert exchange.asked == 1


async def test_all_that_one_check_waits_for_counts_together() -> None:
    exchange = Exchange(6, 6)
    patience = Patience(10)
    with pytest.raises(ExchangeDown, match="rate_limited"):
        await patience.wait_out(exchange.ask)
    assert exchange.asked == 2


async def test_what_is_down_is_told_at_once() -> None:
    exchange = Exchange(1, code="maintenance")
    with pytest.raises(ExchangeDown, match="maintenance"):
        await Patience().wait_out(exchange.ask)
    assert exchange.asked == 1


async def test_rights_are_asked_for_again_when_there_is_room(tmp_path: Path) -> None:
    """Scenario 15: as the sentence about it says, it is tried again."""
    async with setting(tmp_path, "kraken") as house:
        house.stub.refuse(GetKeyRights, ExchangeDown("rate_limited"))

        async def pass_time(wait_ms: int) -> None:
            house.clock.advance(wait_ms)

        patience = Patience(pause=pass_time)
        rights = await ask_rights(house.gateway, house.exchange, house.key, patience)
        assert rights.switches == house.stub.rights.switches
        assert house.stub.count(GetKeyRights) == 2


async def test_a_check_tells_of_an_exchange_that_wants_to_be_left_alone_for_long(
    tmp_path: Path,
) -> None:
    async with checking(tmp_path, "binance") as case:
        case.house.stub.refuse(GetKeyRights, ExchangeDown("rate_limited"))
        verdict = await case.verification.verify(case.house.key)
        assert (verdict.status, verdict.reason) == (None, "rate_limited")
        assert case.house.stub.count(GetKeyRights) == 1
