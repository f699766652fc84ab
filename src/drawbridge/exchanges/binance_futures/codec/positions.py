"""Positions, and how the account trades each contract.

Source: developers.binance.com, USD-M futures, trade and account, 2026-07-21; what ccxt 4.5.90
reads.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from drawbridge.core.derivatives import (
    AdjustMargin,
    ContractSetting,
    GetContractSettings,
    GetPositionMode,
    GetPositions,
    MarginMode,
    Position,
    SetLeverage,
    SetMarginMode,
    SetPositionMode,
)
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ONE, ZERO, plain
from drawbridge.exchanges.binance_futures.codec.names import (
    MODE_WORDS,
    MODES,
    POSITION_SIDE_WORDS,
    POSITION_SIDES,
    amount,
)
from drawbridge.exchanges.binance_futures.codec.parameters import (
    ask_own,
    find_symbol,
    market_id,
    order,
    read_amount,
    read_symbol,
    read_view,
    read_word,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    flag_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import WireAnswer, WireRequest

Row = Mapping[str, Any]

_DONE: Final = {"code": 200, "msg": "success"}
_MOST_NOTIONAL: Final = "9000000000"
_SIGNS: Final = {"1": 1, "2": -1}


# ----------------------------------------------------------------------------------- positions
def encode_positions(operation: GetPositions, markets: Markets) -> WireRequest:
    """Ask for positions."""
    symbol = operation.symbol
    query = f"symbol={market_id(symbol, markets)}" if symbol else ""
    return ask_own(b"/fapi/v3/positionRisk", query)


def decode_positions(view: ServerView) -> GetPositions:
    """Read the question for positions."""
    return GetPositions(find_symbol(read_view(view), view.markets))


def encode_positions_answer(
    _: GetPositions, result: tuple[Position, ...], view: ServerView
) -> WireAnswer:
    """Write positions as the newer version does: none that is empty."""
    return told([_risk(row, view.markets) for row in result if row.quantity])


def encode_older_positions_answer(
    _: GetPositions, result: tuple[Position, ...], view: ServerView
) -> WireAnswer:
    """Write positions as the older version does, with leverage and mode."""
    return told(
        [
            {
                **_risk(row, view.markets),
                "marginType": row.mode.value,
                "isAutoAddMargin": "false",
                "leverage": str(row.leverage),
                "maxNotionalValue": _MOST_NOTIONAL,
            }
            for row in result
        ]
    )


def _risk(row: Position, markets: Markets) -> dict[str, object]:
    notional = row.quantity * row.mark_price
    initial = row.notional / max(row.leverage, 1)
    isolated = row.mode is MarginMode.ISOLATED
    price = row.liquidation_price
    return {
        "symbol": markets.get(row.symbol).id,
        "positionSide": POSITION_SIDE_WORDS[row.side],
        "positionAmt": plain(row.quantity),
        "entryPrice": amount(row.entry_price),
        "breakEvenPrice": amount(row.entry_price),
        "markPrice": amount(row.mark_price),
        "unRealizedProfit": amount(row.unrealised),
        "liquidationPrice": amount(price) if price is not None else "0",
        # By this, and by nothing else, a client tells an isolated position.
        "isolatedMargin": amount(row.margin + row.unrealised) if isolated else "0",
        "notional": amount(notional),
        "marginAsset": markets.get(row.symbol).settle,
        "isolatedWallet": amount(row.margin) if isolated else "0",
        "initialMargin": amount(initial),
        "maintMargin": amount(row.maintenance_margin),
        "positionInitialMargin": amount(initial),
        "openOrderInitialMargin": "0",
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": row.updated_ms,
    }


def decode_positions_answer(
    _: GetPositions, answer: WireAnswer, markets: Markets
) -> tuple[Position, ...]:
    """Read positions. When one was opened and what it has realised is not told."""
    known = {market.id for market in markets}
    rows = list_of(parse_document(answer.body))
    return tuple(_read_risk(row, markets) for row in rows if row["symbol"] in known)


def _read_risk(row: Row, markets: Markets) -> Position:
    quantity, mark = decimal_of(row["positionAmt"]), decimal_of(row["markPrice"])
    initial, price = decimal_of(row["initialMargin"]), decimal_of(row["liquidationPrice"])
    isolated = decimal_of(row["isolatedMargin"]) != 0
    updated_ms = int_of(row["updateTime"])
    return Position(
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        side=POSITION_SIDES[row["positionSide"]],
        quantity=quantity,
        entry_price=decimal_of(row["entryPrice"]),
        mark_price=mark,
        liquidation_price=price or None,
        leverage=_leverage(abs(quantity) * mark, initial),
        mode=MarginMode.ISOLATED if isolated else MarginMode.CROSS,
        margin=decimal_of(row["isolatedWallet"]) if isolated else initial,
        maintenance_margin=decimal_of(row["maintMargin"]),
        unrealised=decimal_of(row["unRealizedProfit"]),
        realised=ZERO,
        opened_ms=updated_ms,
        updated_ms=updated_ms,
    )


def _leverage(notional: Decimal, initial: Decimal) -> int:
    """Work out the leverage, which this version does not tell."""
    return int((notional / initial).to_integral_value(ROUND_HALF_UP)) if initial > 0 else 1


# ------------------------------------------------------------------------------------ settings
def encode_settings(operation: GetContractSettings, markets: Markets) -> WireRequest:
    """Ask how contracts are traded."""
    symbol = operation.symbol
    query = f"symbol={market_id(symbol, markets)}" if symbol else ""
    return ask_own(b"/fapi/v1/symbolConfig", query)


def decode_settings(view: ServerView) -> GetContractSettings:
    """Read the question how contracts are traded."""
    return GetContractSettings(find_symbol(read_view(view), view.markets))


def encode_settings_answer(
    _: GetContractSettings, result: tuple[ContractSetting, ...], view: ServerView
) -> WireAnswer:
    """Write how contracts are traded."""
    return told(
        [
            {
                "symbol": view.markets.get(row.symbol).id,
                "marginType": MODE_WORDS[row.mode or MarginMode.CROSS],
                "isAutoAddMargin": False,
                "leverage": row.leverage,
                "maxNotionalValue": _MOST_NOTIONAL,
            }
            for row in result
        ]
    )


def decode_settings_answer(
    _: GetContractSettings, answer: WireAnswer, markets: Markets
) -> tuple[ContractSetting, ...]:
    """Read how contracts are traded."""
    known = {market.id for market in markets}
    return tuple(
        ContractSetting(
            symbol=markets.get_by_id(row["symbol"]).symbol,
            leverage=int_of(row["leverage"]),
            mode=MODES[row["marginType"]],
        )
        for row in list_of(parse_document(answer.body))
        if row["symbol"] in known
    )


def encode_leverage(operation: SetLeverage, markets: Markets) -> WireRequest:
    """Ask for another leverage."""
    symbol = market_id(operation.symbol, markets)
    return order(b"/fapi/v1/leverage", f"symbol={symbol}&leverage={operation.leverage:d}")


def decode_leverage(view: ServerView) -> SetLeverage:
    """Read the wish for another leverage."""
    found = read_view(view)
    symbol, leverage = read_symbol(found, view.markets), found.whole("leverage")
    if leverage is None:
        raise BadInput("missing_parameter", field="leverage")
    return SetLeverage(symbol, leverage)


def encode_leverage_answer(_: SetLeverage, result: ContractSetting, view: ServerView) -> WireAnswer:
    """Write the new leverage."""
    return told(
        {
            "symbol": view.markets.get(result.symbol).id,
            "leverage": result.leverage,
            "maxNotionalValue": _MOST_NOTIONAL,
        }
    )


def decode_leverage_answer(_: SetLeverage, answer: WireAnswer, markets: Markets) -> ContractSetting:
    """Read the new leverage; the mode is not told with it."""
    row = object_of(parse_document(answer.body))
    symbol = markets.get_by_id(text_of(row["symbol"])).symbol
    return ContractSetting(symbol, int_of(row["leverage"]), None)


def encode_mode(operation: SetMarginMode, markets: Markets) -> WireRequest:
    """Ask for another margin mode."""
    symbol, word = market_id(operation.symbol, markets), MODE_WORDS[operation.mode]
    return order(b"/fapi/v1/marginType", f"symbol={symbol}&marginType={word}")


def decode_mode(view: ServerView) -> SetMarginMode:
    """Read the wish for another margin mode."""
    found = read_view(view)
    return SetMarginMode(read_symbol(found, view.markets), read_word(found, "marginType", MODES))


def encode_done(_: SetMarginMode | SetPositionMode, __: object, ___: ServerView) -> WireAnswer:
    """Write that it was done."""
    return told(_DONE)


def decode_mode_answer(operation: SetMarginMode, answer: WireAnswer, _: Markets) -> ContractSetting:
    """Read that it was done; the leverage is not told with it."""
    object_of(parse_document(answer.body))
    return ContractSetting(operation.symbol, 0, operation.mode)


# ---------------------------------------------------------------------- one position or two
def encode_position_mode(_: GetPositionMode, __: Markets) -> WireRequest:
    """Ask whether there are separate long and short positions."""
    return ask_own(b"/fapi/v1/positionSide/dual")


def decode_position_mode(_: ServerView) -> GetPositionMode:
    """Read the question whether there are separate positions."""
    return GetPositionMode()


def encode_position_mode_answer(_: GetPositionMode, result: object, __: ServerView) -> WireAnswer:
    """Write whether there are separate positions."""
    return told({"dualSidePosition": result})


def encode_account_mode_answer(_: GetPositionMode, result: object, __: ServerView) -> WireAnswer:
    """Write the account's settings."""
    return told(
        {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": False,
            "canWithdraw": False,
            "dualSidePosition": result,
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
        }
    )


def decode_position_mode_answer(_: GetPositionMode, answer: WireAnswer, __: Markets) -> bool:
    """Read whether there are separate positions."""
    return flag_of(object_of(parse_document(answer.body))["dualSidePosition"])


def encode_position_mode_wish(operation: SetPositionMode, _: Markets) -> WireRequest:
    """Ask for separate positions, or for one."""
    word = "true" if operation.hedged else "false"
    return order(b"/fapi/v1/positionSide/dual", f"dualSidePosition={word}")


def decode_position_mode_wish(view: ServerView) -> SetPositionMode:
    """Read the wish for separate positions, or for one."""
    found = read_view(view)
    found.need("dualSidePosition")
    return SetPositionMode(hedged=found.flag("dualSidePosition"))


def decode_position_mode_done(operation: SetPositionMode, answer: WireAnswer, _: Markets) -> bool:
    """Read that it was done."""
    object_of(parse_document(answer.body))
    return operation.hedged


# ------------------------------------------------------------------------- an isolated margin
def decode_margin(view: ServerView) -> AdjustMargin:
    """Read the wish to add to an isolated position's margin, or to take from it."""
    found = read_view(view)
    symbol = read_symbol(found, view.markets)
    added = read_amount(found, "amount")
    if added is None:
        raise BadInput("missing_parameter", field="amount")
    sign = read_word(found, "type", _SIGNS)
    side = found.choice("positionSide", POSITION_SIDES, "BOTH")
    return AdjustMargin(symbol, added * sign, side)


def encode_margin_answer(operation: AdjustMargin, _: Position, __: ServerView) -> WireAnswer:
    """Write that it was done."""
    return told(
        {
            "code": 200,
            "msg": "Successfully modify position margin.",
            "amount": abs(operation.amount) * ONE,
            "type": 1 if operation.amount > 0 else 2,
        }
    )
