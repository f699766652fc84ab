"""How an account trades contracts: leverage, margin mode, position mode, margin of a position.

Each is judged and becomes events, or is refused; pure like `engine.py`.
"""

from decimal import Decimal

from drawbridge.core.derivatives import (
    AdjustMargin,
    MarginMode,
    SetLeverage,
    SetMarginMode,
    SetPositionMode,
)
from drawbridge.core.errors import BadInput, ExchangeRefused
from drawbridge.paper import margin
from drawbridge.paper.events import Adjusted, Chosen, Event, Hedged
from drawbridge.paper.rules import ContractRules, Rules, atoms_of
from drawbridge.paper.state import Floor, State


def set_leverage(
    state: State, floor: Floor, account: str, wanted: SetLeverage, now_ms: int
) -> list[Event]:
    """Change the leverage; a cross position is backed by as much as the new one asks for.

    Raises: `ExchangeRefused` with `leverage_not_allowed`, `leverage_too_low` for an isolated
    position, `insufficient_funds`.
    """
    rules, contract = _contract(floor, wanted.symbol)
    if not 1 <= wanted.leverage <= contract.most_leverage:
        raise ExchangeRefused("leverage_not_allowed", leverage=wanted.leverage)
    before = floor.contracts.setting(account, rules)
    setting = Chosen(account, rules.symbol, wanted.leverage, before.isolated, now_ms)
    events: list[Event] = [setting]
    missing = 0
    for position in floor.contracts.of(account, rules.symbol):
        if before.isolated:
            if wanted.leverage < before.leverage:
                raise ExchangeRefused("leverage_too_low", leverage=wanted.leverage)
            continue
        needed = position.cost // wanted.leverage
        missing += needed - position.margin
        events.append(Adjusted(account, rules.symbol, position.side, needed, now_ms))
    if missing > 0 and missing > margin.available(state, account, rules.quote, now_ms):
        raise ExchangeRefused("insufficient_funds", currency=rules.quote)
    return events


def set_margin_mode(floor: Floor, account: str, wanted: SetMarginMode, now_ms: int) -> list[Event]:
    """Change the margin mode of a symbol.

    Raises: `ExchangeRefused` with `margin_mode_same`, or `margin_mode_fixed` while it is in use
    or where the exchange has no other.
    """
    rules, contract = _contract(floor, wanted.symbol)
    before = floor.contracts.setting(account, rules)
    isolated = wanted.mode is MarginMode.ISOLATED
    if isolated is before.isolated:
        raise ExchangeRefused("margin_mode_same", mode=wanted.mode)
    orders = any(it.rules is rules for it in floor.open_orders(account))
    in_use = orders or floor.contracts.of(account, rules.symbol)
    if in_use or (isolated and not contract.isolated):
        raise ExchangeRefused("margin_mode_fixed", mode=wanted.mode)
    return [Chosen(account, rules.symbol, before.leverage, isolated, now_ms)]


def set_position_mode(
    floor: Floor, account: str, wanted: SetPositionMode, now_ms: int
) -> list[Event]:
    """Change between one position a contract and two.

    Raises: `ExchangeRefused` with `position_mode_same`, or `position_mode_fixed` while there are
    positions or open orders, or where the exchange has no other.
    """
    if wanted.hedged is (account in floor.contracts.hedged):
        raise ExchangeRefused("position_mode_same", hedged=wanted.hedged)
    orders = any(it.rules.contract is not None for it in floor.open_orders(account))
    offered = any(
        pit.rules.contract is not None and pit.rules.contract.hedge_mode
        for pit in floor.pits.values()
    )
    if orders or floor.contracts.of(account) or (wanted.hedged and not offered):
        raise ExchangeRefused("position_mode_fixed", hedged=wanted.hedged)
    return [Hedged(account, wanted.hedged, now_ms)]


def adjust_margin(
    state: State, floor: Floor, account: str, wanted: AdjustMargin, now_ms: int
) -> list[Event]:
    """Add to the margin of an isolated position, or take what it can do without.

    Raises: `ExchangeRefused` with `no_position`, `margin_not_isolated`, `insufficient_funds`.
    """
    rules, _ = _contract(floor, wanted.symbol)
    position = floor.contracts.find(account, rules.symbol, wanted.side)
    if position is None:
        raise ExchangeRefused("no_position", symbol=rules.symbol)
    setting = floor.contracts.setting(account, rules)
    if not setting.isolated:
        raise ExchangeRefused("margin_not_isolated", symbol=rules.symbol)
    atoms = _atoms(wanted.amount, rules)
    after = position.margin + atoms
    mark = floor.pits[rules.symbol].house.at(now_ms).last
    backed = after + min(0, margin.unrealised(position, mark))
    short = atoms < 0 and backed < margin.initial(position.cost, setting)
    if short or atoms > margin.available(state, account, rules.quote, now_ms):
        raise ExchangeRefused("insufficient_funds", currency=rules.quote)
    return [Adjusted(account, rules.symbol, position.side, after, now_ms)]


def _contract(floor: Floor, symbol: str) -> tuple[Rules, ContractRules]:
    rules = floor.pit(symbol).rules
    if rules.contract is None:
        raise BadInput("malformed", field="symbol")
    return rules, rules.contract


def _atoms(amount: Decimal, rules: Rules) -> int:
    atoms = atoms_of(amount, rules.quote_places)
    if not atoms:
        raise BadInput("malformed", field="amount")
    return atoms
