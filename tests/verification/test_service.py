"""Checking a key against an exchange that does everything that can go wrong."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import (
    Conflict,
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetKeyRights,
    GetOrder,
    Operation,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderStatus
from drawbridge.core.secret import Secret
from drawbridge.vault.model import KeyStatus, Proof
from drawbridge.verification.store import Step, StepState
from drawbridge.wording.say import has_words, say_reason
from tests.gateway.setting import EXCHANGES, trading_rights
from tests.verification.setting import Checking, checking


@pytest.fixture(params=EXCHANGES)
async def case(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Checking]:
    async with checking(tmp_path, request.param) as case:
        yield case


async def _state(case: Checking, step: Step) -> StepState:
    return {seen.step: seen.state for seen in (await case.latest()).steps}[step]


def _switch(case: Checking, scope: Scope) -> str:
    card = case.house.exchange.card
    return next(switch.api for switch in card.permissions if scope in switch.scopes)


def _probe(case: Checking) -> PlaceOrder:
    [order] = [seen for seen in case.house.stub.seen if isinstance(seen, PlaceOrder)]
    return order


async def _said(case: Checking) -> str:
    key = await case.key()
    return say_reason(key.reason, key.facts)


# ------------------------------------------------------------------ the key itself is wrong


async def test_a_key_that_can_withdraw_is_refused_and_its_secret_erased(case: Checking) -> None:
    """Scenario 11."""
    house = case.house
    withdraw = _switch(case, Scope.WITHDRAW)
    house.stub.rights = trading_rights(house.exchange, withdraw)
    verdict = await case.verification.verify(house.key)
    assert (verdict.status, verdict.reason) == (KeyStatus.REFUSED, "key_can_withdraw")
    assert withdraw in verdict.mend
    assert not house.stub.count(PlaceOrder), "scenario 6: it never gets as far as an order"
    assert not house.stub.count(GetBalances)
    assert (await case.key()).status is KeyStatus.REFUSED
    assert not await house.rows("key_secrets")
    permission = house.exchange.card.find_permission(withdraw)
    assert permission is not None
    assert permission.label in await _said(case), "the exact box to untick is named"


async def test_a_wrong_secret_makes_the_key_invalid(case: Checking) -> None:
    case.house.stub.secret = Secret("d3Jvbmc=")
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason) == (KeyStatus.INVALID, "bad_signature")
    assert (await case.key()).status is KeyStatus.INVALID
    assert not case.house.stub.count(PlaceOrder)


async def test_an_unknown_key_is_told_apart_or_told_as_what_the_exchange_says(
    case: Checking,
) -> None:
    case.house.stub.key = "another"
    verdict = await case.verification.verify(case.house.key)
    assert verdict.status is KeyStatus.INVALID
    assert verdict.reason in {"bad_key", "key_address_or_right"}


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        (GetKeyRights, NotProven("bad_key"), KeyStatus.INVALID),
        (GetKeyRights, Forbidden("ip_not_allowed"), KeyStatus.INVALID),
        (GetKeyRights, NotProven("bad_signature"), KeyStatus.INVALID),
        (GetKeyRights, ExchangeDown("maintenance"), KeyStatus.UNVERIFIED),
        (GetKeyRights, ExchangeDown("overloaded"), KeyStatus.UNVERIFIED),
        (GetBalances, ExchangeDown("maintenance"), KeyStatus.UNVERIFIED),
        (GetKeyRights, OutcomeUnknown("timed_out"), KeyStatus.UNVERIFIED),
        (PlaceOrder, ExchangeDown("overloaded"), KeyStatus.UNVERIFIED),
    ],
)
async def test_only_what_is_said_against_the_key_makes_it_invalid(
    case: Checking,
    kind: type[Operation[object]],
    error: DrawbridgeError,
    status: KeyStatus,
) -> None:
    """Scenario 15: each cause has its code, its sentence and its next step."""
    case.house.stub.refuse(kind, error)
    verdict = await case.verification.verify(case.house.key)
    key = await case.key()
    assert key.status is status
    assert key.reason == verdict.reason != ""
    assert has_words(f"errors.{key.reason}"), key.reason
    check = await case.latest()
    assert check.is_done
    assert [step.code for step in check.steps if step.state is StepState.FAILED]


async def test_a_clock_that_stays_refused_is_not_the_keys_fault(tmp_path: Path) -> None:
    async with checking(tmp_path, "binance") as case:
        case.house.stub.refuse(GetKeyRights, *(NotProven("stale_stamp") for _ in range(2)))
        verdict = await case.verification.verify(case.house.key)
        assert (verdict.status, verdict.reason) == (None, "clock_off")
        assert (await case.key()).status is KeyStatus.UNVERIFIED
        assert "clock" in await _said(case)


async def test_an_exchange_that_is_not_there_leaves_the_key_as_it_was(case: Checking) -> None:
    await case.house.change(KeyStatus.ENABLED, Scope.READ, Scope.TRADE_SPOT)
    case.house.server.stop()
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason) == (None, "unreachable")
    key = await case.key()
    assert key.status is KeyStatus.ENABLED
    assert key.scopes == {Scope.READ, Scope.TRADE_SPOT}


@pytest.mark.parametrize(
    ("status", "code"),
    [(KeyStatus.REFUSED, "key_refused"), (KeyStatus.DISABLED, "key_disabled")],
)
async def test_a_key_that_is_off_is_not_checked(
    case: Checking, status: KeyStatus, code: str
) -> None:
    await case.house.change(status)
    with pytest.raises(Conflict, match=code):
        await case.verification.verify(case.house.key)
    assert not case.house.stub.seen


# -------------------------------------------------------------------- good, but not for all


async def test_a_key_that_only_reads_is_kept_for_reading(case: Checking) -> None:
    """Scenario 13."""
    trading = {
        switch.api
        for switch in case.house.exchange.card.permissions
        if Scope.TRADE_SPOT in switch.scopes
    }
    rights = trading_rights(case.house.exchange)
    case.house.stub.rights = replace(rights, switches=rights.switches - trading)
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason) == (KeyStatus.READ_ONLY, "only_reads")
    assert not case.house.stub.count(PlaceOrder)
    assert Scope.TRADE_SPOT not in (await case.key()).scopes


async def test_an_empty_account_is_no_failure(case: Checking) -> None:
    """Scenario 16."""
    case.house.stub.balances = ()
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason) == (KeyStatus.ENABLED, "funds_missing")
    assert not case.house.stub.count(PlaceOrder)
    assert await _state(case, Step.PROBE_PLACED) is StepState.SKIPPED
    said = await _said(case)
    assert "valid" in said
    assert str((await case.key()).facts["currency"]) in said


async def test_a_right_that_the_order_shows_missing_is_named(case: Checking) -> None:
    case.house.stub.refuse(PlaceOrder, Forbidden("right_missing"))
    verdict = await case.verification.verify(case.house.key)
    if verdict.reason == "key_address_or_right":
        # This exchange says the same for an unknown key; it cannot be told apart here.
        assert verdict.status is KeyStatus.INVALID
        return
    assert (verdict.status, verdict.reason) == (KeyStatus.READ_ONLY, "trading_right_missing")
    assert verdict.mend


async def test_an_order_that_is_refused_leaves_trading_not_proven(case: Checking) -> None:
    case.house.stub.refuse(PlaceOrder, ExchangeRefused("price_out_of_range"))
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason) == (KeyStatus.ENABLED, "trading_not_proven")
    assert "price_out_of_range" in {remark.code for remark in verdict.remarks}
    assert "price_out_of_range" in {remark.code for remark in (await case.latest()).remarks}
    assert await _state(case, Step.PROBE_PLACED) is StepState.FAILED


async def test_a_right_that_nothing_needs_is_warned_of(tmp_path: Path) -> None:
    """Scenario 12."""
    async with checking(tmp_path, "binance") as case:
        house = case.house
        house.stub.rights = trading_rights(house.exchange, "permitsUniversalTransfer")
        verdict = await case.verification.verify(house.key)
        assert verdict.status is KeyStatus.ENABLED
        [remark] = verdict.remarks
        assert remark.code == "needless_right"
        assert remark.facts["switch"] == "Permits Universal Transfer"
        told = next(step for step in (await case.latest()).steps if step.step is Step.VERDICT)
        assert "Permits Universal Transfer" in str(told.facts["remarks"])


async def test_a_key_bound_to_no_address_is_told_when_it_ends(tmp_path: Path) -> None:
    """Scenario 18."""
    async with checking(tmp_path, "binance") as case:
        rights = trading_rights(case.house.exchange)
        case.house.stub.rights = replace(rights, ip_list=None, ip_bound=False)
        verdict = await case.verification.verify(case.house.key)
        assert [remark.code for remark in verdict.remarks] == ["not_ip_bound_expires_perhaps"]
        assert verdict.expires_ms is not None
        assert (await case.key()).expires_ms == verdict.expires_ms
        [remark] = verdict.remarks
        assert "2025" in say_reason(remark.code, remark.facts)


# ------------------------------------------------------------------------------ all is well


async def test_a_good_key_becomes_enabled_and_every_step_is_shown(case: Checking) -> None:
    """Scenarios 5, 6 and 7."""
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason, verdict.remarks) == (KeyStatus.ENABLED, "", ())
    key = await case.key()
    assert key.status is KeyStatus.ENABLED
    assert {Scope.READ, Scope.TRADE_SPOT} <= key.scopes
    check = await case.latest()
    assert [step.step for step in check.steps] == list(Step)
    assert {step.state for step in check.steps} == {StepState.OK}
    order = _probe(case)
    market = case.house.exchange.card.markets().get(order.symbol)
    assert order.post_only
    assert order.price is not None
    assert order.quantity is not None
    assert order.price < case.house.stub.price * Decimal("0.6")
    assert order.price * order.quantity < max(market.min_notional * 2, market.min_quantity * 100)
    assert order.client_id
    [placed] = case.house.stub.orders.values()
    assert placed.status is OrderStatus.CANCELLED
    kinds = [type(seen) for seen in case.house.stub.seen]
    assert kinds.index(GetKeyRights) < kinds.index(PlaceOrder), "rights are read first"
    assert kinds.index(PlaceOrder) < kinds.index(CancelOrder) < kinds.index(GetOrder)


async def test_the_second_press_joins_the_first(case: Checking) -> None:
    """Scenario 19."""
    verdicts = await asyncio.gather(*(case.verification.verify(case.house.key) for _ in range(3)))
    assert len({id(verdict) for verdict in verdicts}) == 1
    assert case.house.stub.count(PlaceOrder) == 1


async def test_a_check_goes_on_when_who_asked_goes_away(case: Checking) -> None:
    """Scenario 20."""
    asked = asyncio.create_task(case.verification.verify(case.house.key))
    while not case.house.stub.seen:
        await asyncio.wait([asked], timeout=0.01)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    verdict = await case.verification.verify(case.house.key)
    assert verdict.status is KeyStatus.ENABLED
    assert case.house.stub.count(PlaceOrder) == 1


async def test_a_second_check_has_a_number_and_an_order_of_its_own(case: Checking) -> None:
    for number in (1, 2):
        await case.verification.verify(case.house.key)
        assert (await case.latest()).number == number
    assert len({order.client_id for order in case.house.stub.orders.values()}) == 2


async def test_the_exchanges_dry_run_proves_the_right_without_an_order(case: Checking) -> None:
    verdict = await case.verification.verify(case.house.key, proof=Proof.DRY_RUN)
    assert (verdict.status, verdict.reason) == (KeyStatus.ENABLED, "")
    assert _probe(case).dry_run
    assert not case.house.stub.orders


async def test_the_proof_can_be_skipped_and_that_is_said(case: Checking) -> None:
    verdict = await case.verification.verify(case.house.key, proof=Proof.SKIP)
    assert (verdict.status, verdict.reason) == (KeyStatus.ENABLED, "trading_not_proven")
    assert not case.house.stub.count(PlaceOrder)
    assert await _state(case, Step.PROBE_PLACED) is StepState.SKIPPED
