"""All accounts together and what needs a person, as programs are told."""

from decimal import Decimal

from drawbridge.core.clock import HOUR_MS
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.program_life import Life


async def test_before_an_account_was_read_there_is_no_sum(life: Life) -> None:
    assert (await life.program.get("/portfolio/sums")).told == {"sums": []}
    assert (await life.program.get("/portfolio/performance")).told == {"performances": []}


async def test_what_cannot_be_read_is_refused_by_name(life: Life) -> None:
    bad = await life.program.get("/portfolio/performance?risk_free_rate=7")
    assert (bad.code, bad.told["field"]) == ("bad_rate", "risk_free_rate")
    bad = await life.program.get("/portfolio/performance?currency=no+money")
    assert (bad.code, bad.told["field"]) == ("bad_currency", "currency")


async def test_accounts_are_told_in_sum_with_how_they_did(life: Life) -> None:
    """Scenario 56: 100 became 150, of which 30 are in dollars."""
    house, now_ms = life.site.house, life.site.house.clock.now_ms()
    held = (
        Holding("BTC", Decimal(2), Decimal(0), Decimal(120), 0),
        Holding("USD", Decimal(30), Decimal(0), Decimal(30), 0),
        Holding("NEW", Decimal(7), Decimal(0), None, None),
    )
    await house.portfolios.keep(life.key, Portfolio("USD", Decimal(150), held, ("NEW",), now_ms))
    store = SnapshotStore(house.database)
    for hour, worth in ((2, 100), (1, 150)):
        at_ms, past = now_ms - hour * HOUR_MS, {"USD": Held(Decimal(worth), Decimal(worth))}
        await store.keep(life.key, Snapshot(at_ms, "USD", past, at_ms))
    [told] = (await life.program.get("/portfolio/sums")).told["sums"]
    assert (told["venue"], told["currency"], told["total"]) == ("paper", "USD", "150")
    assert told["parts"] == [{"key_id": life.key, "value": "150"}]
    assert told["wallets"][0] == {
        "currency": "BTC", "amount": "2", "value": "120", "accounts": 1,
    }  # fmt: skip
    assert (told["unpriced"], told["apart"]) == (["NEW"], [])
    [did] = (await life.program.get("/portfolio/performance")).told["performances"]
    assert did["is_simulated"] is True
    assert (did["report"]["gain"], did["report"]["total_return"]) == ("50", "0.5")


async def test_what_needs_a_person_is_told_worst_first(life: Life) -> None:
    before = (await life.program.get("/attention")).told["needs"]
    assert {it["matter"] for it in before} <= {"approvals_wait"}
    await life.site.house.limits.stop(life.owner, of=life.owner)
    await life.site.house.vault.record_verdict(
        life.key, Standing(KeyStatus.INVALID, "bad_signature")
    )
    after = (await life.program.get("/attention")).told["needs"]
    told = [it for it in after if it not in before]
    assert [(it["matter"], it["urgency"]) for it in told] == [
        ("trading_stopped", "now"),
        ("key_invalid", "now"),
    ]
    assert told[1]["subject"] == life.key
    assert told[1]["reason"]["code"] == "bad_signature"
