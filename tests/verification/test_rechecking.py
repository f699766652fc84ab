"""Second looks at keys in use: what one call says is no verdict (scenarios 44 to 49)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.catalogue.card import Need
from drawbridge.cluster.share import WHOLE
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from drawbridge.core.errors import ExchangeDown, NotProven
from drawbridge.core.operations import GetBalances, GetKeyRights, PlaceOrder, Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.witness import CONFIRMED_AFTER_MS
from drawbridge.vault.lives import Dated
from drawbridge.vault.living import KeyLives
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.shelf import Shelf
from drawbridge.verification.doubts import Doubts
from drawbridge.verification.probing import Probing
from drawbridge.verification.rechecking import Rechecks
from drawbridge.verification.service import Verification
from drawbridge.verification.store import CheckStore
from tests.gateway.setting import EXCHANGES, Setting, setting


@dataclass
class Case:
    """A key in use, and what looks at it again."""

    house: Setting
    doubts: Doubts
    rechecks: Rechecks

    async def key(self) -> KeyRecord:
        return await self.house.vault.get_record(self.house.key)

    async def read(self) -> None:
        """Ask for the balances, as a robot does."""
        await self.house.gateway.call(self.house.key, GetBalances(), purpose=Purpose.READ)

    async def order(self) -> None:
        """Place an order, as a robot does."""
        house = self.house
        market = house.exchange.card.markets().get(house.symbol)
        quantity = max(market.min_quantity, market.min_notional / 90 + market.quantity_step)
        steps = -(-quantity // market.quantity_step)
        order = PlaceOrder(
            house.symbol,
            Side.BUY,
            OrderType.LIMIT,
            steps * market.quantity_step,
            price=Decimal(90),
            client_id=f"order{house.clock.now_ms()}",
        )
        await house.gateway.call(house.key, order, purpose=Purpose.TRADE)

    async def doubted(self, *codes: str) -> None:
        """Hear a word against the key, and let so many more follow."""
        house = self.house
        house.stub.refuse(GetBalances, *(NotProven(code) for code in codes))
        with pytest.raises(ExchangeDown, match="key_in_doubt"):
            await self.read()

    async def later(self, by_ms: int = CONFIRMED_AFTER_MS) -> KeyStatus:
        self.house.clock.advance(by_ms)
        await self.rechecks.step()
        return (await self.key()).status

    async def granted(self, scope: Scope) -> bool:
        """Give the key what grants a right, at the exchange; False where it knows none."""
        card, stub = self.house.exchange.card, self.house.stub
        await self.house.change(KeyStatus.ENABLED, *card.scopes_of(stub.rights.switches))
        known = card.scopes_of(stub.rights.switches)
        switches = {it.api for it in card.permissions if {*it.scopes} - known == {scope}}
        if switches:
            switch = card.with_needed([min(switches)])
            stub.rights = replace(stub.rights, switches=stub.rights.switches | switch)
            await self.rechecks.step()
        return bool(switches)

    async def told(self) -> list[object]:
        """List the audit events of the key's checks."""
        rows = await self.house.rows("audit_events")
        return [row["facts"] for row in rows if row["tag"] == "vault:key:checked"]


@pytest.fixture(params=EXCHANGES)
async def case(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    kept: list[Doubts] = []

    def witness_of(clock: Clock) -> Doubts:
        kept.append(Doubts(clock))
        return kept[0]

    async with setting(tmp_path, request.param, witness_of) as house:
        checks = CheckStore(house.database, house.clock)
        probing = Probing(house.gateway, house.journal, house.clock, pauses_ms=(1, 2, 3))
        verification = Verification(house.gateway, house.vault, checks, probing, house.clock)
        doubts = kept[0]
        rechecks = Rechecks(
            house.gateway,
            Shelf(house.database, house.vault, WHOLE),
            verification,
            doubts,
            KeyLives(house.database, house.clock),
            house.clock,
        )
        yield Case(house, doubts, rechecks)


async def test_one_word_against_a_key_that_is_not_repeated_changes_nothing(case: Case) -> None:
    """Scenario 44: the second, independent call clears it."""
    await case.doubted("bad_signature")
    await case.rechecks.step()
    assert case.doubts.find(case.house.key) is not None
    assert await case.later() is KeyStatus.ENABLED
    assert case.doubts.find(case.house.key) is None
    assert await case.told() == []
    await case.read()


async def test_a_word_that_is_repeated_after_a_pause_makes_the_key_invalid(case: Case) -> None:
    """Scenario 44: with its reason, and an event that tells it."""
    await case.doubted("bad_signature")
    case.house.stub.refuse(GetKeyRights, *[NotProven("bad_signature")] * 9)
    case.house.stub.refuse(GetBalances, *[NotProven("bad_signature")] * 9)
    assert (await case.key()).status is KeyStatus.ENABLED
    assert await case.later() is KeyStatus.INVALID
    key = await case.key()
    assert key.reason in {"bad_signature", "key_or_secret"}
    assert len(await case.told()) == 1
    assert [row["kind"] for row in await case.house.rows("notices")] == ["key_invalid"]
    # It is told once, and nobody asks again before the hour is over.
    seen = len(case.house.stub.seen)
    assert await case.later() is KeyStatus.INVALID
    assert len(case.house.stub.seen) == seen
    assert len(await case.told()) == 1


async def test_an_exchange_that_is_down_confirms_nothing(case: Case) -> None:
    """Scenario 47: it is asked again, ever more seldom."""
    await case.doubted("bad_signature")
    down = [ExchangeDown("overloaded")] * 3
    case.house.stub.refuse(GetKeyRights, *down)
    case.house.stub.refuse(GetBalances, *down)
    assert await case.later() is KeyStatus.ENABLED
    assert case.doubts.find(case.house.key) is not None
    for _ in range(8):
        assert await case.later(5 * MINUTE_MS) is KeyStatus.ENABLED
    assert case.doubts.find(case.house.key) is None


async def test_every_key_in_use_is_looked_at_each_hour_and_a_doubt_is_confirmed_first(
    case: Case,
) -> None:
    await case.rechecks.step()
    before = case.house.stub.count(GetBalances)
    assert await case.later(HOUR_MS) is KeyStatus.ENABLED
    assert case.house.stub.count(GetBalances) == before + 1
    # All is well: nothing is written about it.
    assert await case.told() == []
    case.house.stub.refuse(GetBalances, *[NotProven("bad_signature")] * 9)
    assert await case.later(HOUR_MS) is KeyStatus.ENABLED
    assert await case.later() is KeyStatus.INVALID


async def test_a_key_that_is_good_again_is_checked_in_full_and_enabled(case: Case) -> None:
    """Scenario 49: at the next hourly look."""
    await case.house.change(KeyStatus.INVALID)
    await case.rechecks.step()
    assert await case.later(10 * MINUTE_MS) is KeyStatus.INVALID
    assert await case.later(HOUR_MS) is KeyStatus.ENABLED
    assert Scope.TRADE_SPOT in (await case.key()).scopes
    # The right to trade was proven as always, by an order that rested and was cancelled.
    assert case.house.stub.count(PlaceOrder) == 1


async def test_a_trade_right_that_was_removed_leaves_a_key_that_reads(case: Case) -> None:
    """Scenario 48: the order's word is confirmed by the key's rights; reading goes on."""
    house, card = case.house, case.house.exchange.card
    rights = house.stub.rights
    trading = {switch.api for switch in card.permissions if switch.need is Need.TRADING}
    house.stub.rights = replace(rights, switches=rights.switches - trading)
    house.stub.refuse(PlaceOrder, *[NotProven("right_missing")] * 9)
    with pytest.raises(ExchangeDown, match="key_in_doubt"):
        await case.order()
    assert await case.later() is KeyStatus.READ_ONLY
    await case.read()
    # What a second order hears, which was on its way, is no news.
    assert case.doubts.hear(house.key, NotProven("right_missing"))
    seen = len(house.stub.seen)
    assert await case.later() is KeyStatus.READ_ONLY
    assert len(house.stub.seen) == seen
    # Given back, it trades again: by the hour, without anybody's doing.
    house.stub.refusals.clear()
    house.stub.rights = rights
    assert await case.later(HOUR_MS + MINUTE_MS) is KeyStatus.ENABLED


async def test_a_key_that_expires_is_looked_at_when_it_does(case: Case) -> None:
    """Scenario 42: robots pause before orders begin to fail."""
    expires_ms = case.house.clock.now_ms() + 20 * MINUTE_MS
    async with case.house.database.transaction() as tx:
        await tx.execute("UPDATE keys SET expires_ms = ?", expires_ms)
    case.house.stub.rights = replace(case.house.stub.rights, expires_ms=expires_ms)
    await case.rechecks.step()
    assert await case.later(19 * MINUTE_MS) is KeyStatus.ENABLED
    assert await case.later(MINUTE_MS) is KeyStatus.ENABLED
    assert await case.later() is KeyStatus.INVALID
    assert (await case.key()).reason == "key_expired"


async def test_a_key_that_may_withdraw_by_now_is_refused_and_erased(case: Case) -> None:
    card = case.house.exchange.card
    switch = next(it for it in card.permissions if Scope.WITHDRAW in it.scopes)
    rights = case.house.stub.rights
    case.house.stub.rights = replace(rights, switches=rights.switches | {switch.api})
    await case.rechecks.step()
    assert await case.later(HOUR_MS) is KeyStatus.REFUSED
    assert await case.house.rows("key_secrets") == []


async def test_a_key_that_may_withdraw_by_now_is_told_as_an_alarm(case: Case) -> None:
    """Scenarios 11 and 44: somebody switched it on since; whoever uses the key is stopped."""
    await case.granted(Scope.WITHDRAW)
    assert await case.later(HOUR_MS) is KeyStatus.REFUSED
    assert [row["kind"] for row in await case.house.rows("notices")] == ["key_rights_grew"]


async def test_a_right_with_which_value_could_be_moved_out_switches_a_key_off(case: Case) -> None:
    if not await case.granted(Scope.TRANSFER):
        return
    assert await case.later(HOUR_MS) is KeyStatus.DISABLED
    key = await case.key()
    assert key.reason == "rights_grew"
    [notice] = await case.house.rows("notices")
    assert (notice["kind"], notice["reason"]) == ("key_rights_grew", "rights_grew")
    # Its secret stays: nobody else can read it, and its owner may have a reason.
    assert await case.house.rows("key_secrets") != []


async def test_a_right_that_moves_nothing_out_is_told_once_and_stops_nothing(case: Case) -> None:
    if not await case.granted(Scope.TRADE_DERIVATIVES):
        return
    assert await case.later(HOUR_MS) is KeyStatus.ENABLED
    assert await case.later(HOUR_MS) is KeyStatus.ENABLED
    [notice] = await case.house.rows("notices")
    assert (notice["kind"], notice["reason"]) == ("key_rights_grew", "rights_grew_told")


async def test_an_end_that_changes_at_the_exchange_is_taken_in_by_the_hour(case: Case) -> None:
    """Scenario 42: from the exchange's answer, where it tells."""
    expires_ms = case.house.clock.now_ms() + 40 * DAY_MS
    case.house.stub.rights = replace(case.house.stub.rights, expires_ms=expires_ms)
    await case.rechecks.step()
    assert await case.later(HOUR_MS) is KeyStatus.ENABLED
    key = await case.key()
    assert (key.expires_ms, key.life.dated) == (expires_ms, Dated.EXCHANGE)
    assert await case.told() == []


async def test_a_key_that_its_owner_switched_off_is_left_alone(case: Case) -> None:
    await case.doubted("bad_signature")
    await case.house.change(KeyStatus.DISABLED)
    seen = len(case.house.stub.seen)
    assert await case.later(HOUR_MS) is KeyStatus.DISABLED
    assert len(case.house.stub.seen) == seen
    assert case.doubts.find(case.house.key) is None
