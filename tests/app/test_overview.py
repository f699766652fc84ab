"""Everything at a glance, over a real house: sums, earnings and what needs a person."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.app.attention import Matter
from drawbridge.app.overview import look_over
from drawbridge.core.clock import HOUR_MS
from drawbridge.core.ids import OwnerId
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyStatus, Standing, Venue
from tests.kit.browserling import Browserling
from tests.kit.furnished import furnish
from tests.kit.owner import SECRET, set_up
from tests.kit.web_site import WebSite, open_web_site


@dataclass(frozen=True)
class Person:
    """Who looks."""

    id: OwnerId
    second_factor: bool = True

    @property
    def account(self) -> OwnerId:
        return self.id


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[WebSite]:
    async with open_web_site(tmp_path) as opened:
        yield opened


async def ada(site: WebSite) -> Person:
    return Person((await site.house.accounts.list_owners())[0].id)


async def test_who_has_nothing_yet_is_shown_nothing_and_warned_of_nothing(site: WebSite) -> None:
    await set_up(Browserling(site.app), site)
    seen = await look_over(site.house, await ada(site))
    assert (seen.keys, seen.purses, seen.robots, seen.needs) == ((), (), (), ())


async def test_nobody_else_sees_any_of_it(site: WebSite) -> None:
    await furnish(Browserling(site.app), site)
    seen = await look_over(site.house, Person(OwnerId("owner_nobody")))
    assert (seen.keys, seen.purses, seen.robots) == ((), (), ())


async def test_a_house_that_is_lived_in_tells_of_all_that_is_in_it(site: WebSite) -> None:
    await furnish(Browserling(site.app), site)
    seen = await look_over(site.house, await ada(site))
    [purse] = seen.purses
    assert purse.venue is Venue.PAPER
    assert purse.sum is not None
    assert (purse.sum.total, purse.sum.unpriced) == (Decimal("43333.20"), ("NEWCOIN",))
    assert purse.month is not None
    # It has been watched for two days, and 100 of what it has now came in.
    assert purse.month.report.gain == 47 * 47 - 100
    earned = {it.robot.name: (it.profit, it.trades) for it in seen.robots}
    assert earned["Grid"] == (Decimal(0), 0)
    assert earned["Ace of the crossing"][1] == 20
    matters = [need.matter for need in seen.needs]
    assert [it for it in matters if it is not Matter.APPROVALS_WAIT] == [
        Matter.KEY_REFUSED,
        Matter.KEY_INVALID,
        Matter.KEY_REPLACEMENT,
    ]


async def test_play_money_and_real_money_stand_apart(site: WebSite) -> None:
    await furnish(Browserling(site.app), site)
    person, now_ms = await ada(site), site.clock.now_ms()
    fields = {"api_key": "L" * 56, "api_secret": SECRET}
    key = (await site.house.vault.add(person.id, "kraken", "live", fields, "Real")).key
    await site.house.vault.record_verdict(key.id, Standing(KeyStatus.READ_ONLY))
    seen = await look_over(site.house, person)
    assert [(it.venue, it.sum is None) for it in seen.purses] == [
        (Venue.LIVE, True),
        (Venue.PAPER, False),
    ]
    held = Holding("USD", Decimal(70), Decimal(0), Decimal(70), 0)
    await site.house.portfolios.keep(
        key.id, Portfolio("USD", Decimal(70), (held,), (), now_ms - HOUR_MS)
    )
    past = {"USD": Held(Decimal(70), Decimal(70))}
    await SnapshotStore(site.house.database).keep(key.id, Snapshot(now_ms, "USD", past, now_ms))
    seen = await look_over(site.house, person)
    assert [it.sum.total for it in seen.purses if it.sum] == [Decimal(70), Decimal("43333.20")]
