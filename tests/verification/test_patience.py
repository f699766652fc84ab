from pathlib import Path
from types import SimpleNamespace

import pytest

from drawbridge.core.errors import ExchangeDown
from drawbridge.core.operations import GetBalances, GetKeyRights
from drawbridge.vault.model import KeyStatus
from drawbridge.verification import patience
from drawbridge.verification.patience import PATIENCE_MS, Patience
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


@pytest.mark.parametrize("exchange_id", ["kraken", "binance"])
@pytest.mark.parametrize("kind", [GetKeyRights, GetBalances])
async def test_a_check_waits_for_an_exchange_that_has_no_room_for_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[GetKeyRights | GetBalances],
    exchange_id: str,
) -> None:
    """Scenario 15: as the sentence about it says, it is tried again."""
    async with checking(tmp_path, exchange_id) as case:
        waits_s = list[float]()

        async def pass_time(wait_s: float) -> None:
            waits_s.append(wait_s)
            case.house.clock.advance(round(wait_s * 1_000))

        monkeypatch.setattr(patience, "asyncio", SimpleNamespace(sleep=pass_time))
        case.house.stub.refuse(kind, ExchangeDown("rate_limited"))
        verdict = await case.verification.verify(case.house.key)
        if exchange_id == "kraken":
            assert verdict.status is KeyStatus.ENABLED, verdict
        else:
            # As long as Binance tells us to stay away nobody waits before a page.
            assert verdict.reason == "rate_limited", verdict
        assert bool(waits_s) == (exchange_id == "kraken")
