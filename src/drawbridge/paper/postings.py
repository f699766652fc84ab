"""A trade of goods as postings: who gives what to whom, and the fees.

Whether a trade takes place is decided elsewhere; contracts are booked in `positions.py`.
"""

from drawbridge.core.orders import Side
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Traded
from drawbridge.paper.ledger import FEES, HOUSE, Entry, free, held
from drawbridge.paper.rules import Rules


def spot_entries(
    rules: Rules, taker: OrderState | None, maker: OrderState | None, event: Traded
) -> list[Entry]:
    """Write the postings of both sides; None is the house."""
    cost = rules.cost(event.ticks, event.lots)
    taken = (event.taker_held, cost, event.taker_fee)
    made = (event.maker_held, cost, event.maker_fee)
    return [
        *_entries(rules, event.side, taker, taken, event.lots),
        *_entries(rules, event.side.opposite, maker, made, event.lots),
    ]


def _entries(
    rules: Rules, side: Side, order: OrderState | None, money: tuple[int, int, int], lots: int
) -> list[Entry]:
    """Write the postings of one side of a trade.

    Shape: `money` is what stays held for the order afterwards, the cost, and the fee.
    """
    still_held, cost, fee = money
    goods = lots * rules.lot_atoms
    gets, gives = (goods, cost) if side is Side.BUY else (cost, goods)
    get_currency, give_currency = (
        (rules.base, rules.quote) if side is Side.BUY else (rules.quote, rules.base)
    )
    if order is None:
        return [Entry(HOUSE, give_currency, -gives), Entry(HOUSE, get_currency, gets)]
    fee_currency = rules.fee_currency(side)
    if fee_currency == give_currency:
        gives += fee
    else:
        gets -= fee
    released = order.held - still_held
    can = free(order.account)
    entries = [
        Entry(held(order.account), give_currency, -released),
        Entry(can, get_currency, gets),
    ]
    if released != gives:
        entries.append(Entry(can, give_currency, released - gives))
    if fee:
        entries.append(Entry(FEES, fee_currency, fee))
    return entries
