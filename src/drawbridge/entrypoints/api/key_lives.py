"""When keys end and what was chosen for it, and trades on their accounts from elsewhere."""

from fastapi import APIRouter
from pydantic import Field

from drawbridge.core.money import plain
from drawbridge.core.orders import Side
from drawbridge.entrypoints.api.caller import KeyKeeper, Reader
from drawbridge.entrypoints.api.keys import Key, tell_key
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.shapes import (
    Amount,
    Asked,
    KeyPath,
    Moment,
    Text,
    Told,
)
from drawbridge.trading.foreign_trades import ForeignTrade
from drawbridge.vault.lives import LifeWish

router = APIRouter(tags=["keys"])

_MOST = 1_000


class LifeChange(Asked):
    """What is to change; what is left out stays as it is.

    `made` is the day on which the key was made at the exchange, such as `2026-11-22`, and empty
    takes it back; `pause_days` is how many days before the key's end robots pause.
    """

    made: Text | None = None
    pause_days: int | None = Field(None, ge=0, le=30)
    closes: bool | None = None
    watched: bool | None = None


class ForeignTradeTold(Told):
    """A trade on a key's account that was not made from here; ids are the exchange's."""

    key_id: str
    symbol: str
    trade_id: str
    order_id: str
    side: Side
    quantity: Amount
    price: Amount
    time_ms: Moment
    seen_ms: Moment


@router.post("/keys/{key}/life")
async def change_key_life(caller: KeyKeeper, key: KeyPath, wish: LifeChange) -> Key:
    """Say when a key was made, how long before its end robots pause, and what is watched."""
    days = None if wish.pause_days is None else str(wish.pause_days)
    said = LifeWish(wish.made, days, wish.closes, wish.watched)
    return tell_key(await caller.house.lives.change(caller.owner, key, said))


@router.get("/keys/{key}/foreign-trades")
async def list_foreign_trades(
    caller: Reader, key: KeyPath, paging: AskedPage
) -> Page[ForeignTradeTold]:
    """List the trades on a key's account that were not made from here, newest first."""
    found = await caller.house.vault.get_key(caller.owner, key)
    trades = await caller.house.foreign_trades.list_of(found, _MOST)
    return cut(trades, paging, _tell, _name_of)


def _name_of(trade: ForeignTrade) -> str:
    return f"{trade.symbol}~{trade.trade_id}"


def _tell(trade: ForeignTrade) -> ForeignTradeTold:
    return ForeignTradeTold(
        key_id=trade.key_id,
        symbol=trade.symbol,
        trade_id=trade.trade_id,
        order_id=trade.order_id,
        side=trade.side,
        quantity=plain(trade.quantity),
        price=plain(trade.price),
        time_ms=trade.time_ms,
        seen_ms=trade.seen_ms,
    )
