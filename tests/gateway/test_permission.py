"""A share that ends on an order's way: nothing leaves, the row says so, and it may be tried again.

At every place where the way asks, and behind every wait there is.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drawbridge.cluster.share import HeldShares
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.operations import GetBalances, PlaceOrder
from drawbridge.core.secret import Secret
from drawbridge.core.shards import shard_of
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.egress import Egress, Reach
from drawbridge.gateway.forwarding import Forwarding
from drawbridge.gateway.permission import LEAST_MS, MARGIN_MS, Claims
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.sending import Opening
from drawbridge.gateway.venues import Venues
from drawbridge.wire.codec import encode_at
from drawbridge.wire.dialect import Credential
from drawbridge.wire.stamps import StampKind
from tests.gateway.scripted_server import Visit, scripted_server
from tests.gateway.setting import EXCHANGES, Setting, setting
from tests.gateway.stub_exchange import read_request
from tests.kit.ending_share import EndingShare
from tests.kit.house import until

CLAIM_MS = 3_000
Place = Callable[[Gateway, Setting, str], Awaitable[None]]


@dataclass
class EndsWhileOpening:
    """The vault's opening, during which the share ends."""

    opening: Opening
    share: EndingShare

    def find_open(
        self, key_id: str, *, purpose: str
    ) -> AbstractContextManager[Mapping[str, Secret]] | None:
        del key_id, purpose
        return None

    @asynccontextmanager
    async def open_fields(
        self, key_id: str, *, purpose: str
    ) -> AsyncIterator[Mapping[str, Secret]]:
        async with self.opening.open_fields(key_id, purpose=purpose) as fields:
            self.share.left_ms = 0
            yield fields


@dataclass
class Held:
    """An exchange that answers when it is let."""

    house: Setting
    let: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: int = 0

    async def serve(self, visit: Visit) -> None:
        self.arrived += 1
        await self.let.wait()
        await self.house.stub.serve(visit)


@pytest.fixture(params=EXCHANGES)
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Setting]:
    async with setting(tmp_path, request.param) as house:
        yield house


@pytest.fixture
def share() -> EndingShare:
    return EndingShare()


def _gateway(
    house: Setting,
    share: Claims,
    *,
    opening: Opening | None = None,
    port: int | None = None,
    connections: int = 8,
) -> Gateway:
    """Give a gateway over the house's parts that works for this share."""
    venues = Venues({house.exchange.id: f"http://127.0.0.1:{port or house.server.port}"})
    road = Road(Egress(reach=Reach(connections=connections)), venues)
    return Gateway(
        house.vault.kept,
        opening or house.opening,
        road,
        house.stamps,
        house.journal,
        house.clock,
        share=share,
    )


@pytest.fixture
async def gateway(house: Setting, share: EndingShare) -> AsyncIterator[Gateway]:
    gateway = _gateway(house, share)
    yield gateway
    await gateway.close()


async def _placed(gateway: Gateway, house: Setting, client_id: str = "db1") -> None:
    await gateway.call(house.key, house.order(client_id), purpose=Purpose.TRADE)


async def _forwarded(gateway: Gateway, house: Setting, client_id: str = "db1") -> None:
    markets, order = house.exchange.card.markets(), house.order(client_id)
    request = encode_at(house.exchange.codec, order, markets, house.clock.now_ms())
    endpoint = house.exchange.endpoints.classify(request)
    it = Forwarding(house.key, "virtual:one", Purpose.TRADE, endpoint, request, order)
    heard = await gateway.forwarder.forward(it)
    assert heard.error is None


async def _known(gateway: Gateway, house: Setting) -> None:
    """Ask for what every order asks for once."""
    await gateway.markets(house.exchange.id, "paper")
    await gateway.learn_clock(house.exchange.id, "paper")


@pytest.mark.parametrize("place", [_placed, _forwarded])
async def test_wherever_on_its_way_the_share_ends_an_order_does_not_leave(
    house: Setting, share: EndingShare, gateway: Gateway, place: Place
) -> None:
    """At each of the places where it is asked, one after the other."""
    await _known(gateway, house)
    await place(gateway, house, "first")
    looks = share.looks
    assert looks >= 4, "when it came, before its row, before it is signed, before it leaves"
    for look in range(1, looks + 1):
        client_id = f"late{look}"
        share.renew()
        share.ends_at_look = look
        with pytest.raises(ExchangeDown, match="account_moved") as moved:
            await place(gateway, house, client_id)
        assert moved.value.retry_after_ms > 0
        assert house.stub.count(PlaceOrder) == look, "those that were tried again, and the first"

        async def told(client_id: str = client_id) -> bool:
            rows = {str(row["client_order_id"]): row for row in await house.rows("orders")}
            row = rows.get(client_id)
            return row is None or (row["state"], row["reason"]) == (
                "never_arrived",
                "account_moved",
            )

        await until(told, "what was written down says that it never arrived")
        share.renew()
        await place(gateway, house, f"again{look}")


async def test_what_a_bot_sends_again_under_the_same_name_is_placed_where_its_account_went(
    house: Setting, share: EndingShare, gateway: Gateway
) -> None:
    """Scenario 85. At once, and wherever on its way it was kept: it never was an order."""
    elsewhere = _gateway(house, EndingShare())
    await _known(gateway, house)
    await _known(elsewhere, house)
    await _forwarded(gateway, house, "first")
    for look in range(1, share.looks + 1):
        share.renew()
        share.ends_at_look = look
        with pytest.raises(ExchangeDown, match="account_moved"):
            await _forwarded(gateway, house, f"late{look}")
        await _forwarded(elsewhere, house, f"late{look}")
        assert house.stub.count(PlaceOrder) == 1 + look
    await elsewhere.close()


async def test_before_its_row_nothing_is_written_down(
    house: Setting, share: EndingShare, gateway: Gateway
) -> None:
    await _known(gateway, house)
    for look in (1, 2):
        share.renew()
        share.ends_at_look = look
        with pytest.raises(ExchangeDown, match="account_moved"):
            await _placed(gateway, house)
    assert await house.rows("orders") == []
    share.renew()
    await _placed(gateway, house)
    assert house.stub.count(PlaceOrder) == 1


async def test_a_share_that_is_about_to_end_is_as_good_as_none(
    house: Setting, share: EndingShare, gateway: Gateway
) -> None:
    share.left_ms = LEAST_MS - 1
    with pytest.raises(ExchangeDown, match="account_moved"):
        await _placed(gateway, house)
    with pytest.raises(ExchangeDown, match="account_moved"):
        await gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    with pytest.raises(ExchangeDown, match="account_moved"):
        await gateway.may_listen(house.key)
    assert house.stub.seen == []
    assert house.opening.opened == 0, "the secret stays sealed"


async def test_a_share_that_ends_while_the_key_is_opened_keeps_the_order_here(
    house: Setting, share: EndingShare
) -> None:
    gateway = _gateway(house, share, opening=EndsWhileOpening(house.opening, share))
    await _known(gateway, house)
    with pytest.raises(ExchangeDown, match="account_moved"):
        await _placed(gateway, house)
    [row] = await house.rows("orders")
    assert (row["state"], row["reason"]) == ("never_arrived", "account_moved")
    assert house.stub.count(PlaceOrder) == 0
    await gateway.close()


async def test_a_share_that_ends_while_a_log_in_is_written_keeps_it_here(
    house: Setting, share: EndingShare
) -> None:
    gateway = _gateway(house, share, opening=EndsWhileOpening(house.opening, share))

    def write(credential: Credential, stamp: str) -> str:
        return credential.key + stamp

    with pytest.raises(ExchangeDown, match="account_moved"):
        async with gateway.signing(house.key, write):
            pytest.fail("nothing may be sent")
    await gateway.close()


async def test_who_waits_for_a_connection_or_a_turn_while_the_share_ends_sends_nothing(
    house: Setting, share: EndingShare
) -> None:
    """With nonces an order waits for its turn, else for the one connection that there is."""
    held = Held(house)
    held.let.set()
    async with scripted_server(held.serve) as server:
        gateway = _gateway(house, share, port=server.port, connections=1)
        await _known(gateway, house)
        before = held.arrived
        held.let.clear()
        first = asyncio.ensure_future(_placed(gateway, house, "first"))

        async def arrived() -> bool:
            return held.arrived == before + 1

        await until(arrived, "the first order is there")
        second = asyncio.ensure_future(_placed(gateway, house, "second"))

        async def intended() -> bool:
            return len(await house.rows("orders")) == 2

        await until(intended, "the second order is written down and waits")
        share.left_ms = 0
        held.let.set()
        await first
        with pytest.raises(ExchangeDown, match="account_moved"):
            await second
        assert held.arrived == before + 1
        await gateway.close()
    states = {row["client_order_id"]: row["state"] for row in await house.rows("orders")}
    assert states["second"] == "never_arrived"
    assert states["first"] == "open", "it was sent while the account was ours"


@pytest.mark.parametrize("left_ms", [500, 750, 1_999, 2_250, 2_251, 3_000, 5_251, 90_000])
async def test_no_window_of_a_signed_request_ends_after_the_claim(
    house: Setting, share: EndingShare, gateway: Gateway, left_ms: int
) -> None:
    await _known(gateway, house)
    share.left_ms = left_ms
    await _placed(gateway, house)
    claim = house.exchange.dialect.claim(read_request(house.server.visits[-1]))
    now_ms, rule = house.clock.now_ms(), house.exchange.card.stamp
    if rule.kind is StampKind.NONCE and left_ms - MARGIN_MS < house.exchange.card.window.least_ms:
        # Its nonce ends it: the next one that anybody signs for the account is higher.
        assert claim.until_ms is None
        return
    ends_ms = claim.until_ms or int(claim.stamp) + (claim.window_ms or rule.window_ms)
    assert now_ms < ends_ms <= now_ms + left_ms - MARGIN_MS


async def test_the_shares_of_a_cluster_are_such_a_claim(house: Setting) -> None:
    now_ms = 1_000_000
    held = HeldShares(lambda: now_ms)
    gateway = _gateway(house, held)
    with pytest.raises(ExchangeDown, match="account_moved"):
        await _placed(gateway, house)
    held.hold(shard_of(house.key), now_ms + CLAIM_MS)
    await _placed(gateway, house)
    now_ms += CLAIM_MS - LEAST_MS + 1
    with pytest.raises(ExchangeDown, match="account_moved"):
        await _placed(gateway, house, "late")
    assert house.stub.count(PlaceOrder) == 1
    await gateway.close()


async def test_reading_goes_on_as_soon_as_the_share_is_renewed(
    house: Setting, share: EndingShare, gateway: Gateway
) -> None:
    share.left_ms = 0
    with pytest.raises(ExchangeDown, match="account_moved"):
        await gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    share.renew()
    assert await gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
