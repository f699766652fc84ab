"""Pairs that are not there and amounts that are too small: told when a robot is made."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, Corrupted, DrawbridgeError, ExchangeDown
from drawbridge.core.markets import Market, Markets
from drawbridge.robots.feasible import Seen, nearest
from drawbridge.robots.service import RobotService
from drawbridge.robots.wishes import Wish
from tests.kit.robots import KEY, MARKET, OWNER, SECOND_KEY, MemoryExchange, open_database

WISH = Wish(key_id=KEY, symbol="BTC/USDT", amount="100")


def _market(symbol: str, *, active: bool = True) -> Market:
    base, _, quote = symbol.partition("/")
    return replace(MARKET, symbol=symbol, id=symbol, base=base, quote=quote, active=active)


@dataclass
class Shown:
    """A window behind which stands what the test wants."""

    markets: Markets
    price: str = "100"
    failure: DrawbridgeError | None = None
    looks: int = 0

    async def look(self, _exchange_id: str, _venue: str, symbol: str) -> Seen:
        self.looks += 1
        if self.failure is not None:
            raise self.failure
        return Seen(self.markets, Decimal(self.price if self.markets.find(symbol) else 0))


@pytest.fixture
def window() -> Shown:
    pairs = ("BTC/USDT", "BTC/USDC", "ETH/USDT", "BTC/EUR")
    return Shown(Markets([*map(_market, pairs), _market("OLD/USDT", active=False)]))


@pytest_asyncio.fixture
async def service(tmp_path: Path, window: Shown) -> AsyncIterator[RobotService]:
    exchange, numbers = MemoryExchange(), count(1)
    async with open_database(tmp_path) as database:
        yield RobotService(
            database,
            exchange.keys,
            exchange.clock,
            lambda size: next(numbers).to_bytes(size, "big"),
            window,
        )


async def _refused(service: RobotService, wish: Wish) -> BadInput:
    with pytest.raises(BadInput) as caught:
        await service.create(OWNER, wish)
    assert await service.list_robots(OWNER) == ()
    return caught.value


@pytest.mark.parametrize(
    ("symbol", "first"), [("BTC/USD", "BTC/USDC"), ("BTX/USDT", "BTC/USDT"), ("OLD/USDT", None)]
)
async def test_a_pair_that_is_not_traded_is_refused_with_the_nearest_ones(
    service: RobotService, symbol: str, first: str | None
) -> None:
    error = await _refused(service, replace(WISH, symbol=symbol))
    assert (error.code, error.facts["field"]) == ("robot_unknown_pair", "symbol")
    told = error.facts["nearest"]
    assert isinstance(told, tuple)
    assert first is None or told[0] == first
    assert "OLD/USDT" not in told


async def test_an_amount_too_small_is_refused_with_the_smallest(service: RobotService) -> None:
    error = await _refused(service, replace(WISH, amount="3"))
    assert (error.code, error.facts["field"]) == ("robot_amount_too_small", "amount")
    lowest = error.facts["lowest"]
    await service.create(OWNER, replace(WISH, amount=str(lowest)))


async def test_each_account_has_its_own_amount(service: RobotService) -> None:
    error = await _refused(service, replace(WISH, also_on={SECOND_KEY: "4"}))
    assert error.facts["amount"] == Decimal(4)
    robot = await service.create(OWNER, WISH)
    with pytest.raises(BadInput, match="robot_amount_too_small"):
        await service.add_account(OWNER, robot.id, SECOND_KEY, "4")
    assert len((await service.get_robot(OWNER, robot.id)).accounts) == 1


async def test_an_order_strategy_says_what_its_orders_need(service: RobotService) -> None:
    wish = replace(
        WISH, strategy="grid", settings={"lower": "80", "upper": "120", "lines": "9"}, amount="20"
    )
    error = await _refused(service, wish)
    assert (error.code, error.facts["field"]) == ("amount_too_small_for_strategy", "amount")


@pytest.mark.parametrize("failure", [ExchangeDown("unreachable"), Corrupted("answer_unreadable")])
async def test_a_robot_is_made_also_while_the_exchange_cannot_be_asked(
    service: RobotService, window: Shown, failure: DrawbridgeError
) -> None:
    window.failure = failure
    await service.create(OWNER, replace(WISH, symbol="NO/PAIR", amount="0.1"))
    assert window.looks == 1


async def test_without_a_price_the_amount_is_not_judged(
    service: RobotService, window: Shown
) -> None:
    window.price = "0"
    await service.create(OWNER, replace(WISH, amount="0.1"))


@given(st.text(max_size=9), st.lists(st.sampled_from(["A/B", "AB/C", "B/A", "A/C"]), max_size=4))
def test_nearest_pairs_are_some_of_the_known_ones_each_once(symbol: str, known: list[str]) -> None:
    told = nearest(symbol, known)
    assert set(told) == set(known)
    assert len(told) == len(set(told))
