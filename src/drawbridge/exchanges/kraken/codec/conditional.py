"""Orders that wait for a price, as Kraken words them in requests and rows.

In place of the limit their `price` is the trigger's, and `price2` the limit. Kraken's index price
is what others call the mark price.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Order, OrderType, Trigger, TriggerBy, TriggerKind
from drawbridge.exchanges.kraken.codec import values

# Which way the price must come, and what the order then becomes.
CONDITIONAL: Final[Mapping[str, tuple[TriggerKind, OrderType]]] = MappingProxyType(
    {
        "stop-loss": (TriggerKind.STOP, OrderType.MARKET),
        "stop-loss-limit": (TriggerKind.STOP, OrderType.LIMIT),
        "take-profit": (TriggerKind.TAKE_PROFIT, OrderType.MARKET),
        "take-profit-limit": (TriggerKind.TAKE_PROFIT, OrderType.LIMIT),
    }
)
CONDITIONAL_WORDS: Final = MappingProxyType({kinds: word for word, kinds in CONDITIONAL.items()})
TRIGGERS_BY: Final = MappingProxyType({"last": TriggerBy.LAST, "index": TriggerBy.MARK})
_TRIGGER_WORDS: Final = MappingProxyType({by: word for word, by in TRIGGERS_BY.items()})
# How Kraken says in passing that the price came, by what was waited for.
_CAME: Final = MappingProxyType({TriggerKind.STOP: "stopped", TriggerKind.TAKE_PROFIT: "touched"})


def type_word(order: Order | PlaceOrder) -> str:
    """Give Kraken's word for what kind of order it is."""
    if order.trigger is None:
        return order.type.value
    return CONDITIONAL_WORDS[order.trigger.kind, order.type]


def trigger_word(trigger: Trigger) -> str:
    """Give Kraken's word for the price that is watched."""
    return _TRIGGER_WORDS[trigger.by]


def prices_of(order: Order, places: int) -> dict[str, object]:
    """Write the two prices of an order's description."""
    limit = "0" if order.price is None else values.padded(order.price, places)
    if order.trigger is None:
        return {"price": limit, "price2": "0"}
    return {"price": values.padded(order.trigger.price, places), "price2": limit}


def conditional_row(order: Order, places: int) -> dict[str, object]:
    """Write what only the rows of conditional orders hold."""
    trigger = order.trigger
    if trigger is None:
        return {}
    came = bool(order.triggered_ms)
    row: dict[str, object] = {
        "stopprice": values.padded(trigger.price, places),
        "misc": _CAME[trigger.kind] if came else "",
        "trigger": _TRIGGER_WORDS[trigger.by],
    }
    if came and order.price is not None:
        row["limitprice"] = values.padded(order.price, places)
    return row


def read_limit(
    descr: Mapping[str, object], kind: OrderType, trigger: Trigger | None
) -> Decimal | None:
    """Read the limit out of an order's description, None where it has none."""
    if kind is not OrderType.LIMIT:
        return None
    return values.amount(descr["price" if trigger is None else "price2"])


def read_trigger(row: Mapping[str, object], descr: Mapping[str, object]) -> Trigger | None:
    """Read what an order waits or waited for, None where it never did."""
    # Other kinds, which a person may have placed by hand, wait for prices that nothing here knows.
    conditional = CONDITIONAL.get(values.text_of(descr["ordertype"]))
    if conditional is None:
        return None
    by = TRIGGERS_BY.get(str(row.get("trigger")), TriggerBy.LAST)
    return Trigger(conditional[0], values.amount(descr["price"]), by)


def has_come(row: Mapping[str, object], trigger: Trigger) -> bool:
    """Tell whether the price came; when it did, no row says."""
    return _CAME[trigger.kind] in values.text_of(row["misc"]).split(",")
