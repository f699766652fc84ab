"""Accounts are read with the key that only reads; orders take their own key."""

from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import pytest

from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, Forbidden, NotProven
from drawbridge.core.ids import KeyId
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetBalances, Operation, Scope
from drawbridge.gateway.policy import Purpose
from drawbridge.trading.reading import ReadingRoad
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.roles import are_of_one_account, kin_of, one_of_each, reader_among
from drawbridge.vault.roster import News
from tests.kit.robots import KEY, SECOND_KEY, MemoryKeys, key_record

A = TypeVar("A")


@dataclass
class Gates:
    """An exchange that tells who asked, and refuses as it is told to."""

    refusals: dict[str, DrawbridgeError] = field(default_factory=dict)
    purposes: list[Purpose] = field(default_factory=list)

    async def call(self, key_id: str, _operation: Operation[A], *, purpose: Purpose) -> A:
        self.purposes.append(purpose)
        if key_id in self.refusals:
            raise self.refusals[key_id]
        return cast("A", key_id)

    async def call_public(self, exchange_id: str, venue: str, _operation: Operation[A]) -> A:
        return cast("A", f"{exchange_id} {venue}")

    async def markets(self, _exchange_id: str, _venue: str) -> Markets:
        return Markets([])

    async def place_of(self, key_id: str) -> tuple[str, str]:
        return ("binance", key_id)


def two_keys(hint: str = "77", other: str = "77") -> MemoryKeys:
    """Give a key that trades, and one that only reads."""
    trades = replace(key_record(), account_hint=hint)
    reads = replace(
        key_record(KeyStatus.READ_ONLY, frozenset({Scope.READ}), SECOND_KEY), account_hint=other
    )
    return MemoryKeys(trades, reads)


def road_of(keys: MemoryKeys, gates: Gates | None = None) -> tuple[ReadingRoad, SteppedClock]:
    clock = SteppedClock(1_000_000)
    return ReadingRoad(gates or Gates(), keys, clock), clock


async def asked(road: ReadingRoad, purpose: Purpose = Purpose.READ) -> object:
    return await road.call(KEY, GetBalances(), purpose=purpose)


@pytest.mark.parametrize(("hint", "other"), [("", ""), ("77", ""), ("", "77"), ("77", "78")])
async def test_keys_that_are_not_known_to_be_of_one_account_do_not_meet(
    hint: str, other: str
) -> None:
    keys = two_keys(hint, other)
    road, _ = road_of(keys)
    assert await asked(road) == KEY
    assert not are_of_one_account(keys.first, keys.second)
    assert kin_of(keys.first, (keys.first, keys.second)) == ()


async def test_an_account_is_read_with_the_key_that_only_reads() -> None:
    """Scenario 66, the part of reading: statistics by one key, orders by the other."""
    keys = two_keys()
    road, clock = road_of(keys)
    assert await asked(road) == SECOND_KEY
    assert await asked(road, Purpose.TRADE) == KEY
    assert await asked(road, Purpose.CLEAN_UP) == KEY
    # Once the other is gone, its own key is asked again, at once.
    keys.second = replace(keys.second, status=KeyStatus.INVALID)
    clock.advance(1_000)
    assert await asked(road) == KEY


@pytest.mark.parametrize(
    "error",
    [NotProven("bad_key"), Forbidden("key_not_usable"), ExchangeDown("key_in_doubt")],
)
async def test_a_reading_key_that_is_refused_keeps_nobody_from_reading(
    error: DrawbridgeError,
) -> None:
    road, _ = road_of(two_keys(), Gates({SECOND_KEY: error}))
    assert await asked(road) == KEY


async def test_an_exchange_that_is_down_is_down_for_both() -> None:
    road, _ = road_of(two_keys(), Gates({SECOND_KEY: ExchangeDown("unreachable")}))
    with pytest.raises(ExchangeDown, match="unreachable"):
        await asked(road)


async def test_what_needs_no_key_goes_as_it_is() -> None:
    road, _ = road_of(two_keys())
    told: object = await road.call_public("binance", "paper", GetBalances())
    assert told == "binance paper"
    assert await road.place_of(KEY) == ("binance", KEY)
    assert list(await road.markets("binance", "paper")) == []


def test_of_several_reading_keys_it_is_always_the_oldest_and_never_one_that_is_to_replace() -> None:
    trades, reads = (keys := two_keys()).first, keys.second
    older = replace(reads, id=KeyId("key_old"), created_ms=-5)
    stand_in = replace(older, id=KeyId("key_new"), created_ms=-9, replaces=KEY)
    assert reader_among(trades, (reads, older, stand_in)).id == older.id
    assert reader_among(reads, (reads, older)).id == reads.id
    assert [it.id for it in kin_of(trades, (trades, reads))] == [SECOND_KEY]


def test_what_an_account_holds_counts_once_however_many_keys_it_has() -> None:
    keys = two_keys()
    alone = replace(keys.second, id=KeyId("key_alone"), account_hint="")
    younger = replace(keys.second, created_ms=5)
    assert one_of_each((younger, alone, keys.first)) == (alone, keys.first)


class OneWorker:
    """The keys of two, of which only the first is this worker's."""

    def __init__(self, keys: MemoryKeys) -> None:
        self.get_record = keys.get_record
        self._keys = keys

    async def news(self, seen: int) -> News:
        return News(seen + 1, (self._keys.first,), ())


async def test_an_account_whose_reading_key_is_another_workers_is_read_with_its_own() -> None:
    gates = Gates({SECOND_KEY: ExchangeDown("account_moved")})
    road = ReadingRoad(gates, OneWorker(two_keys()), SteppedClock(1_000_000))
    assert await asked(road) == KEY
