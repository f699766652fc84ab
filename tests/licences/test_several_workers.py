"""Licences where several workers share the keys: one asks, but a claim goes where its key is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from drawbridge.cluster.share import HeldShares
from drawbridge.core.shards import HOUSE, SHARDS, shard_of
from drawbridge.gateway.permission import moved
from drawbridge.licences.leasing import Here, Leasing
from drawbridge.licences.model import Account, Act
from drawbridge.vault.model import KeyRecord
from tests.licences.setting import NOW_MS, OWNER, Dice, Home, Road, Server

T = TypeVar("T")
_LONG_MS = NOW_MS * 2


class OwnKeys(Road):
    """A road on which only keys sign that this worker holds."""

    def __init__(self, server: Server, share: HeldShares) -> None:
        super().__init__(server)
        self._share = share

    async def with_proof(
        self, key_id: str, send: Callable[[Mapping[str, object]], Awaitable[T]]
    ) -> T:
        """Sign with a key that is held here. Raises: `ExchangeDown("account_moved")`."""
        if not self._share.holds(key_id):
            raise moved()
        return await super().with_proof(key_id, send)


@dataclass
class Worker:
    """One of several over the same rows."""

    share: HeldShares
    leasing: Leasing
    road: OwnKeys

    async def look(self) -> None:
        """Do what a worker does at each look."""
        if self.share.is_house:
            await self.leasing.step()
        await self.leasing.prove()


def _worker(home: Home, server: Server, name: str) -> Worker:
    share = HeldShares(home.clock.now_ms)
    road = OwnKeys(server, share)
    here = Here(home.database, home.kept, home.clock, Dice(name), home.seals, share)
    return Worker(share, Leasing(here, server.operator, home.installation, road), road)


def _hold(worker: Worker, *shards: int) -> None:
    for shard in shards:
        worker.share.hold(shard, _LONG_MS)


async def _outside_the_house(home: Home) -> KeyRecord:
    number = next(it for it in range(1, SHARDS) if shard_of(f"key_{it}") != HOUSE)
    return await home.key(number)


async def _wish(home: Home, server: Server, key: KeyRecord) -> int:
    await home.add(await server.issue(slots=2))
    server.prover.accounts[key.id] = Account("binance", "live", key.public_key)
    return await home.licences.wish(OWNER, Act.CLAIM, key.id)


async def _answer(home: Home, number: int) -> str | None:
    found = await home.licences.find_wish(OWNER, number)
    assert found is not None
    return None if found.done_ms is None else found.code


async def test_a_claim_is_proven_by_the_worker_that_has_the_key(server: Server, home: Home) -> None:
    house, other = _worker(home, server, "house"), _worker(home, server, "other")
    key = await _outside_the_house(home)
    wish = await _wish(home, server, key)
    _hold(house, HOUSE)
    await house.look()
    assert await _answer(home, wish) is None, "nobody has the key yet"
    assert house.road.proofs == 0
    _hold(other, shard_of(key.id))
    await other.look()
    assert (await _answer(home, wish), other.road.proofs) == ("", 1)
    await house.look()
    assert await home.refusal(key) == ""


async def test_all_else_is_asked_by_one(server: Server, home: Home) -> None:
    house, other = _worker(home, server, "house"), _worker(home, server, "other")
    key = await _outside_the_house(home)
    _hold(house, HOUSE)
    _hold(other, shard_of(key.id))
    await home.licences.add(OWNER, (await server.issue()).document)
    await other.look()
    assert server.asked == []
    await house.look()
    assert await home.refusal(key) == ""


async def test_a_claim_goes_with_its_key(server: Server, home: Home) -> None:
    """Whoever holds the key when it is asked asks, also the one that asks all else."""
    house = _worker(home, server, "house")
    key = await _outside_the_house(home)
    wish = await _wish(home, server, key)
    _hold(house, HOUSE)
    await house.look()
    _hold(house, shard_of(key.id))
    await house.look()
    assert await _answer(home, wish) == ""


async def test_what_two_have_asked_is_taken_in_once(server: Server, home: Home) -> None:
    """The key moves while the question is under way: both are answered the same."""
    house, first, second = (_worker(home, server, it) for it in ("house", "first", "second"))
    key = await _outside_the_house(home)
    wish = await _wish(home, server, key)
    _hold(house, HOUSE)
    await house.look()

    async def taken_over(answer: str) -> str:
        first.share.drop(shard_of(key.id))
        _hold(second, shard_of(key.id))
        await second.look()
        return answer

    _hold(first, shard_of(key.id))
    ask = first.road.ask

    async def slow(question: str) -> str:
        return await taken_over(await ask(question))

    first.road.ask = slow  # type: ignore[method-assign]  # an answer that comes late
    await first.look()
    assert server.answers[-1] == server.answers[-2]
    assert await _answer(home, wish) == ""
    rows = await home.database.fetch_all("SELECT nonce, problem FROM licences")
    assert [(it["nonce"], it["problem"]) for it in rows] == [("", "")]
