"""Placing an order, and having one checked without placing it (`orders/preview`).

An order's kind is the name of its configuration. What would change its meaning and is not carried
out here (an end, brackets, slices, leverage) is refused.
"""

from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import Placed, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.exchanges.coinbase.codec import orders, values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import object_of, parse_object, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_json

_ORDERS: Final = values.V3 + b"orders"
_PREVIEW: Final = values.V3 + b"orders/preview"
_READ: Final = frozenset({"client_order_id", "product_id", "side", "order_configuration"})
# Without meaning for a spot order of the one portfolio that there is.
_IGNORED: Final = frozenset(
    {"retail_portfolio_id", "preview_id", "self_trade_prevention_id", "is_max", "tradable_balance"}
)
_LIMIT_PARTS: Final = frozenset({"base_size", "limit_price", "post_only", "rfq_disabled"})
_STOP_PARTS: Final = frozenset({"base_size", "limit_price", "stop_price", "stop_direction"})
_MARKET_PARTS: Final = frozenset({"base_size", "quote_size", "rfq_disabled"})
_LIMITS: Final = frozenset({orders.GTC, orders.IOC, orders.FOK})
_MOST_CLIENT_ID: Final = 128


# ---------------------------------------------------------------------------------- our side
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order as ccxt does; the check of one carries no id of ours.

    Raises: `BadInput("unsupported_order")` for a market order that buys a quantity: such an order
    says what to spend.
    """
    if operation.leverage is not None or operation.reduce_only or operation.close_position:
        raise BadInput("unsupported_order", field="leverage")
    if operation.type is OrderType.MARKET:
        _check_market(operation)
    document: dict[str, object] = {"client_order_id": operation.client_id}
    document |= {
        "product_id": markets.get(operation.symbol).id,
        "side": operation.side.name,
        "order_configuration": orders.configuration(operation.as_order("")),
    }
    if operation.dry_run:
        del document["client_order_id"]
    return values.post(_PREVIEW if operation.dry_run else _ORDERS, document)


def _check_market(operation: PlaceOrder) -> None:
    buys = operation.side is Side.BUY
    if operation.trigger is not None or buys is (operation.quote_quantity is None):
        raise BadInput("unsupported_order", field="quantity" if buys else "quote_quantity")


def decode_placed(operation: PlaceOrder, answer: WireAnswer, _markets: Markets) -> Placed:
    """Read the order's id; nothing more is told. A check that went well gives none."""
    document = parse_object(answer.body)
    if operation.dry_run:
        if document["errs"]:
            raise BadInput("malformed", field="errs")
        return Placed(operation.as_order(""))
    if document["success"] is not True:
        raise BadInput("malformed", field="success")
    order_id = text_of(object_of(document["success_response"])["order_id"])
    if not order_id:
        raise BadInput("malformed", field="order_id")
    return Placed(operation.as_order(order_id))


# ------------------------------------------------------------------------- the exchange's side
def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_json(view.request.body)
    found.refuse_others(_READ | _IGNORED)
    client_id = found.need("client_order_id")
    if len(client_id) > _MOST_CLIENT_ID or not client_id.isascii():
        raise BadInput("malformed", field="client_order_id")
    return _decode(view, found, client_id)


def decode_preview(view: ServerView) -> PlaceOrder:
    """Read an order that is to be checked only. Raises: as `decode_place`."""
    found = read_json(view.request.body)
    found.refuse_others(_READ | _IGNORED)
    return _decode(view, found, "", dry_run=True)


def encode_placed(_op: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write that an order was taken."""
    order = result.order
    return values.ok(
        {
            "success": True,
            "success_response": {
                "order_id": order.order_id,
                "product_id": view.markets.get(order.symbol).id,
                "side": order.side.name,
                "client_order_id": order.client_id,
                "attached_order_id": "",
            },
            "order_configuration": orders.configuration(order),
        }
    )


def encode_preview(_op: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write that an order would be taken, and what it would cost at most."""
    order = result.order
    market = view.markets.get(order.symbol)
    cost = order.quote_quantity or order.quantity * (order.price or ZERO)
    fee = cost * market.fee_taker
    total = cost + fee if order.side is Side.BUY and order.quote_quantity is None else cost
    return values.ok(
        {
            "order_total": plain(total),
            "commission_total": plain(fee),
            "errs": [],
            "warning": [],
            "quote_size": plain(cost),
            "base_size": plain(order.quantity),
            "best_bid": "",
            "best_ask": "",
            "is_max": False,
            "slippage": "0",
            "preview_id": "",
        }
    )


def _decode(
    view: ServerView, found: Parameters, client_id: str, *, dry_run: bool = False
) -> PlaceOrder:
    symbol = view.markets.get_by_id(found.need("product_id")).symbol
    side = found.choice("side", orders.SIDES)
    name, limits = _configuration(found)
    if name == orders.MARKET:
        quantity, quote_quantity = _read_market(side, limits)
        return PlaceOrder(
            symbol=symbol,
            side=side,
            type=OrderType.MARKET,
            quantity=quantity,
            client_id=client_id,
            quote_quantity=quote_quantity,
            dry_run=dry_run,
        )
    is_stop = name == orders.STOP
    limits.refuse_others(_STOP_PARTS if is_stop else _LIMIT_PARTS)
    return PlaceOrder(
        symbol=symbol,
        side=side,
        type=OrderType.LIMIT,
        quantity=limits.need_amount("base_size"),
        price=limits.need_amount("limit_price"),
        time_in_force=orders.read_time(name),
        client_id=client_id,
        post_only=_post_only(name, limits),
        dry_run=dry_run,
        trigger=orders.read_trigger(side, limits) if is_stop else None,
    )


def _configuration(found: Parameters) -> tuple[str, Parameters]:
    """Read the one configuration. Raises: `BadInput("unsupported_order")` for others."""
    told: Any = found.value("order_configuration")
    if not told:
        raise BadInput("missing_parameter", field="order_configuration")
    given = object_of(told, "order_configuration")
    if len(given) != 1:
        raise BadInput("malformed", field="order_configuration")
    ((name, limits),) = given.items()
    if name not in _LIMITS | {orders.MARKET, orders.STOP}:
        raise BadInput("unsupported_order", field="order_configuration")
    return name, Parameters(object_of(limits, name))


def _read_market(side: Side, limits: Parameters) -> tuple[Decimal | None, Decimal | None]:
    limits.refuse_others(_MARKET_PARTS)
    wanted, other = ("quote_size", "base_size") if side is Side.BUY else ("base_size", "quote_size")
    amount = limits.need_amount(wanted)
    if other in limits:
        raise BadInput("unsupported_order", field=other)
    return (None, amount) if side is Side.BUY else (amount, None)


def _post_only(name: str, limits: Parameters) -> bool:
    post_only = limits.flag("post_only")
    if post_only and name != orders.GTC:
        raise BadInput("unsupported_order", field="post_only")
    return post_only
