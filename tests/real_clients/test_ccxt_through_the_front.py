"""The unmodified ccxt and ccxt.pro through a front, two workers and a server of rows.

Scenario 78, for a cluster: a bot notices neither that its requests are handed on, nor which of the
workers has its account. One exchange for each way of naming a key over a socket: by a signed
frame, by a token in a frame, by a token in the address, and beside what everybody may see.
"""

import asyncio
from collections.abc import Iterator

import ccxt
import pytest

from tests.kit.cluster_here import ClusterHere, found_cluster
from tests.kit.postgres import PrivateServer
from tests.kit.proxied import Proxied
from tests.real_clients.bench import Bench
from tests.real_clients.test_ccxt_pro_on_paper import following, is_at, soon, watching

EXCHANGES = ("binance", "coinbase", "gate", "kraken", "kucoin")
_ACCOUNTS = 4
_BEGUN_ANEW = 5


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PrivateServer
) -> Iterator[ClusterHere]:
    url = postgres_server.new_database("app")
    with found_cluster(tmp_path_factory.mktemp("cluster"), url) as standing:
        yield standing
    postgres_server.drop_database(url)


@pytest.fixture(scope="module")
def paper(cluster: ClusterHere) -> Proxied:
    return cluster.proxied


@pytest.fixture
def bench(paper: Proxied, exchange_id: str) -> Bench:
    return Bench(paper, paper, exchange_id)


@pytest.mark.parametrize("exchange_id", EXCHANGES)
def test_a_key_that_nobody_knows_is_refused_as_at_the_exchange(bench: Bench) -> None:
    made = bench.key()
    key = {**made, "api_key": made["api_key"][:-1] + "x"}
    client = bench.client(key)
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_balance()


@pytest.mark.parametrize("exchange_id", EXCHANGES)
def test_bots_of_several_accounts_trade_wherever_their_accounts_are(bench: Bench) -> None:
    for number in range(_ACCOUNTS):
        desk = bench.desk(bench.key(account=f"front-{bench.exchange_id}-{number}"))
        placed = desk.place()
        assert [it["id"] for it in desk.client.fetch_open_orders(desk.symbol)] == [placed["id"]]
        desk.client.cancel_order(placed["id"], desk.symbol)
        assert desk.client.fetch_open_orders(desk.symbol) == []
        assert desk.trade("buy", desk.table.amount)["id"]


@pytest.mark.parametrize("exchange_id", EXCHANGES)
async def test_an_order_is_watched_beside_what_everybody_may_see(bench: Bench) -> None:
    """What was followed before the key was named may end once, and is followed anew."""
    symbol = bench.table.symbol
    async with watching(bench) as client:
        assert (await soon(client.watch_ticker(symbol)))["symbol"] == symbol

        async def watched() -> object:
            for _ in range(_BEGUN_ANEW):
                try:
                    return await client.watch_orders(symbol)
                except ccxt.NetworkError:
                    continue
            raise AssertionError

        async with following(watched) as seen:
            desk = await asyncio.to_thread(bench.desk)
            await seen.after(desk.place, lambda done, it: is_at(it, done, "open"))


def test_the_accounts_of_all_this_are_of_both_workers(cluster: ClusterHere) -> None:
    async def addresses() -> set[str]:
        rows = await cluster.proxied.house.database.fetch_all("SELECT id FROM keys")
        return {await cluster.find_worker_of(row["id"]) for row in rows}

    assert len(cluster.proxied.runner.run(addresses())) == len(cluster.workers)
    assert all(it["difference"] == "0" for it in cluster.proxied.ledger()["proof"])
