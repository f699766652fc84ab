"""Contracts as their owner and anyone may ask for them: positions, margin, settings, funding.

Only reading; unrealised profit is worked out here for the moment and booked nowhere.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from drawbridge.core.derivatives import (
    ContractSetting,
    FundingPayment,
    FundingRate,
    GetContractSettings,
    GetFundingHistory,
    GetFundingPayments,
    GetFundingRates,
    GetPositions,
    MarginAccount,
    MarginMode,
    PastFunding,
    Position,
)
from drawbridge.core.money import ZERO
from drawbridge.core.orders import PositionSide
from drawbridge.paper import funding, margin
from drawbridge.paper.ledger import free
from drawbridge.paper.liquidation import orders_of
from drawbridge.paper.positions import PositionState
from drawbridge.paper.rules import EXACT, RATE_PLACES, Rules, amount_of
from drawbridge.paper.state import Floor, Pit, State

_PRICE_PLACES: Final = Decimal("1E-8")
_USUAL_ROWS: Final = 100
_MOST_ROWS: Final = 1_000
_RATE_UNITS: Final = 10**RATE_PLACES


def positions(
    state: State, floor: Floor, account: str, wanted: GetPositions, now_ms: int
) -> tuple[Position, ...]:
    """Give positions; asked by symbol, also the empty ones. Raises: `NotFound`."""
    if not wanted.symbol:
        return tuple(tell_position(state, floor, it, now_ms) for it in floor.contracts.of(account))
    rules = floor.pit(wanted.symbol).rules
    if rules.contract is None:
        return ()
    return tuple(
        tell_position(state, floor, _position(floor, account, rules, side), now_ms)
        for side in margin.sides(floor, account)
    )


def tell_position(state: State, floor: Floor, position: PositionState, now_ms: int) -> Position:
    """Give a position in the words of `core`."""
    rules = position.rules
    setting = floor.contracts.setting(position.account, rules)
    mark = floor.pits[rules.symbol].house.at(now_ms).last
    return Position(
        symbol=rules.symbol,
        side=position.side,
        quantity=rules.quantity(position.lots),
        entry_price=_entry_price(position),
        mark_price=rules.price(mark),
        liquidation_price=_liquidation_price(state, floor, position, now_ms),
        leverage=setting.leverage,
        mode=_mode(isolated=setting.isolated),
        margin=rules.quote_amount(position.margin),
        maintenance_margin=rules.quote_amount(margin.maintenance(position, mark)),
        unrealised=rules.quote_amount(margin.unrealised(position, mark)),
        realised=rules.quote_amount(position.realised),
        opened_ms=position.opened_ms,
        updated_ms=position.updated_ms,
    )


def margin_accounts(
    state: State, floor: Floor, account: str, now_ms: int
) -> tuple[MarginAccount, ...]:
    """Give the money for contracts, one entry for each currency that they are settled in."""
    settled = {pit.rules.quote for pit in _pits(floor)}
    return tuple(
        _margin_account(state, floor, account, currency, now_ms) for currency in sorted(settled)
    )


def settings(
    floor: Floor, account: str, wanted: GetContractSettings
) -> tuple[ContractSetting, ...]:
    """Give how an account trades. Raises: `NotFound("unknown_symbol")`."""
    pits = [floor.pit(wanted.symbol)] if wanted.symbol else _pits(floor)
    return tuple(
        tell_setting(floor, account, pit.rules) for pit in pits if pit.rules.contract is not None
    )


def tell_setting(floor: Floor, account: str, rules: Rules) -> ContractSetting:
    """Give how an account trades one contract."""
    setting = floor.contracts.setting(account, rules)
    return ContractSetting(rules.symbol, setting.leverage, _mode(isolated=setting.isolated))


def funding_rates(floor: Floor, wanted: GetFundingRates, now_ms: int) -> tuple[FundingRate, ...]:
    """Give mark prices and the rates of the next fundings. Raises: `NotFound`."""
    pits = [floor.pit(symbol) for symbol in wanted.symbols] if wanted.symbols else _pits(floor)
    return tuple(_funding_rate(pit, now_ms) for pit in pits if pit.rules.contract is not None)


def funding_history(
    floor: Floor, wanted: GetFundingHistory, now_ms: int
) -> tuple[PastFunding, ...]:
    """Give past fundings, oldest first; the newest ones without `since_ms`. Raises: `NotFound`."""
    pit = floor.pit(wanted.symbol)
    if pit.rules.contract is None:
        return ()
    interval = funding.interval_ms(pit.rules)
    count = max(1, min(wanted.limit or _USUAL_ROWS, _MOST_ROWS))
    until = now_ms if wanted.until_ms is None else min(now_ms, wanted.until_ms)
    last = until // interval
    first = -(-max(pit.house.listed_ms, wanted.since_ms or 0) // interval)
    if wanted.since_ms is None:
        first = max(first, last - count + 1)
    slots = range(first, min(last, first + count - 1) + 1)
    return tuple(_past_funding(pit, slot * interval) for slot in slots)


def funding_payments(
    floor: Floor, account: str, wanted: GetFundingPayments
) -> tuple[FundingPayment, ...]:
    """Give what an account paid and received, oldest first; the newest without `since_ms`."""
    found = [
        FundingPayment(
            payment_id=str(paid.number),
            symbol=paid.symbol,
            time_ms=paid.at_ms,
            amount=floor.pits[paid.symbol].rules.quote_amount(paid.atoms),
            currency=floor.pits[paid.symbol].rules.quote,
            rate=amount_of(paid.rate, RATE_PLACES),
        )
        for paid in floor.contracts.payments.get(account, ())
        if (not wanted.symbol or paid.symbol == wanted.symbol)
        and (wanted.since_ms is None or paid.at_ms >= wanted.since_ms)
        and (wanted.until_ms is None or paid.at_ms <= wanted.until_ms)
    ]
    count = max(1, min(wanted.limit or _USUAL_ROWS, _MOST_ROWS))
    return tuple(found[-count:] if wanted.since_ms is None else found[:count])


def _pits(floor: Floor) -> list[Pit]:
    return [pit for pit in floor.pits.values() if pit.rules.contract is not None]


def _position(floor: Floor, account: str, rules: Rules, side: PositionSide) -> PositionState:
    position = floor.contracts.find(account, rules.symbol, side)
    return position or PositionState(account, rules, side, 0, 0, 0, 0, 0, 0)


def _mode(*, isolated: bool) -> MarginMode:
    return MarginMode.ISOLATED if isolated else MarginMode.CROSS


def _entry_price(position: PositionState) -> Decimal:
    if not position.lots:
        return ZERO
    rules = position.rules
    price = EXACT.divide(rules.quote_amount(position.cost), rules.quantity(abs(position.lots)))
    return price.quantize(_PRICE_PLACES, context=EXACT)


def _liquidation_price(
    state: State, floor: Floor, position: PositionState, now_ms: int
) -> Decimal | None:
    """Give the mark price at which what stands in for a position is as much as it must be.

    At that price `margin ± (worth - cost) = rate * worth`, where worth is price times quantity.
    """
    rules, contract = position.rules, position.rules.contract
    if not position.lots or contract is None:
        return None
    backing = _backing(state, floor, position, now_ms)
    if position.lots > 0:
        worth, factor = position.cost - backing, _RATE_UNITS - contract.maintenance_rate
    else:
        worth, factor = position.cost + backing, _RATE_UNITS + contract.maintenance_rate
    if worth <= 0:
        return None
    amount = EXACT.divide(
        EXACT.multiply(rules.quote_amount(worth), _RATE_UNITS),
        EXACT.multiply(rules.quantity(abs(position.lots)), factor),
    )
    return amount.quantize(_PRICE_PLACES, context=EXACT)


def _backing(state: State, floor: Floor, position: PositionState, now_ms: int) -> int:
    """Give what stands in for a position, were its own profit nought."""
    contracts, account, currency = floor.contracts, position.account, position.rules.quote
    if contracts.setting(account, position.rules).isolated:
        return position.margin
    total = state.ledger.atoms(free(account), currency)
    total += sum(order.held for order in orders_of(floor, [position]))
    for other in contracts.of(account):
        setting = contracts.setting(account, other.rules)
        if setting.isolated or other.rules.quote != currency:
            continue
        total += other.margin
        if other is not position:
            mark = floor.pits[other.rules.symbol].house.at(now_ms).last
            total += margin.unrealised(other, mark) - margin.maintenance(other, mark)
    return total


def _margin_account(
    state: State, floor: Floor, account: str, currency: str, now_ms: int
) -> MarginAccount:
    held = list(_contract_holds(floor, account, currency))
    open_positions = [it for it in floor.contracts.of(account) if it.rules.quote == currency]
    marks = [floor.pits[it.rules.symbol].house.at(now_ms).last for it in open_positions]
    both: Sequence[tuple[PositionState, int]] = list(zip(open_positions, marks, strict=True))
    spare = state.ledger.atoms(free(account), currency)
    set_aside = sum(position.margin for position in open_positions)
    places = state.places[currency]
    return MarginAccount(
        currency=currency,
        wallet=amount_of(spare + sum(held) + set_aside, places),
        available=amount_of(margin.available(state, account, currency, now_ms), places),
        unrealised=amount_of(sum(margin.unrealised(it, mark) for it, mark in both), places),
        order_margin=amount_of(sum(held), places),
        position_margin=amount_of(set_aside, places),
        maintenance_margin=amount_of(
            sum(margin.maintenance(it, mark) for it, mark in both), places
        ),
    )


def _contract_holds(floor: Floor, account: str, currency: str) -> Iterator[int]:
    for order in floor.open_orders(account):
        if order.rules.contract is not None and order.rules.quote == currency:
            yield order.held


def _funding_rate(pit: Pit, now_ms: int) -> FundingRate:
    rules = pit.rules
    mark = rules.price(pit.house.at(now_ms).last)
    next_ms = funding.next_ms(rules, now_ms)
    return FundingRate(
        symbol=rules.symbol,
        time_ms=now_ms,
        mark_price=mark,
        index_price=mark,
        rate=amount_of(funding.rate(rules, next_ms), RATE_PLACES),
        next_ms=next_ms,
        interval_ms=funding.interval_ms(rules),
    )


def _past_funding(pit: Pit, slot_ms: int) -> PastFunding:
    rules = pit.rules
    return PastFunding(
        symbol=rules.symbol,
        time_ms=slot_ms,
        rate=amount_of(funding.rate(rules, slot_ms), RATE_PLACES),
        mark_price=rules.price(pit.house.mark(slot_ms)),
    )
