"""How single orders fare: against the house, against people, against the rules."""

from decimal import Decimal

import pytest

from drawbridge.core.errors import BadInput, ExchangeRefused, Forbidden, NotFound, NotProven
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetBalances,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    PlaceOrder,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce
from drawbridge.paper.engine import MOST_OPEN_ORDERS
from tests.paper.small import SmallWorld

# Around a price of 100 the house of either exchange buys at 99.5 or 100 and sells above.


def _refusal(world: SmallWorld, order: PlaceOrder, exchange: str = "alpha") -> str:
    before = len(world.journal)
    with pytest.raises(ExchangeRefused) as caught:
        world.place("ann", order, exchange)
    assert len(world.journal) == before, "a refused order leaves no trace"
    return caught.value.code


@pytest.mark.parametrize(
    ("quantity", "price", "code"),
    [
        ("0.001", "100", "too_small"),
        ("0", "100", "too_small"),
        ("-1", "100", "too_small"),
        ("0.0025", "100", "quantity_off_step"),
        ("1e24", "100", "too_large"),
        ("1", "100.3", "price_off_tick"),
        ("1", "0", "price_out_of_range"),
        ("1", "-5", "price_out_of_range"),
        ("1", "1e24", "price_out_of_range"),
        ("0.002", "100", "notional_too_small"),
        ("200", "99", "insufficient_funds"),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_with_its_reason(
    quantity: str, price: str, code: str
) -> None:
    """Scenario 89: too small an order, too little money."""
    world = SmallWorld()
    assert _refusal(world, world.order(Side.BUY, quantity, price)) == code


def test_a_market_order_that_costs_more_than_there_is_is_refused() -> None:
    world = SmallWorld(depth=Decimal(1_000))
    assert _refusal(world, world.order(Side.BUY, "100")) == "insufficient_funds"
    sale = world.order(Side.SELL, "10000.001")
    assert _refusal(world, sale) == "insufficient_funds"


def test_a_market_order_below_the_least_notional_is_refused() -> None:
    world = SmallWorld()
    assert _refusal(world, world.order(Side.BUY, "0.002")) == "notional_too_small"
    cheap = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, quote_quantity=Decimal("4.99"))
    assert _refusal(world, cheap) == "notional_too_small"


def test_an_unknown_pair_is_not_found() -> None:
    world = SmallWorld()
    order = PlaceOrder("BTC/EUR", Side.BUY, OrderType.MARKET, quantity=Decimal(1))
    with pytest.raises(NotFound, match="unknown_symbol"):
        world.place("ann", order)


def test_a_stranger_has_no_account() -> None:
    world = SmallWorld()
    with pytest.raises(NotProven, match="bad_key"):
        world.place("eve", world.order(Side.BUY, "1", "90"))
    with pytest.raises(NotProven, match="bad_key"):
        world.desk.carry_out("alpha", None, GetBalances(), world.now_ms)


def test_an_incomplete_order_names_what_is_missing() -> None:
    world = SmallWorld()
    for order, field in (
        (PlaceOrder("BTC/USD", Side.BUY, OrderType.LIMIT, quantity=Decimal(1)), "price"),
        (PlaceOrder("BTC/USD", Side.BUY, OrderType.LIMIT, price=Decimal(100)), "quantity"),
        (PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET), "quantity"),
    ):
        with pytest.raises(BadInput, match="missing_parameter") as caught:
            world.place("ann", order)
        assert caught.value.facts["field"] == field


def test_margin_is_a_right_that_no_key_has() -> None:
    world = SmallWorld()
    order = PlaceOrder(
        "BTC/USD", Side.BUY, OrderType.LIMIT, Decimal(1), Decimal(90), leverage=Decimal(2)
    )
    with pytest.raises(Forbidden, match="right_missing"):
        world.place("ann", order)


def test_a_client_id_may_not_stand_for_two_open_orders() -> None:
    world = SmallWorld()
    order = PlaceOrder(
        "BTC/USD", Side.BUY, OrderType.LIMIT, Decimal(1), Decimal(90), client_id="mine"
    )
    first = world.place("ann", order).order
    assert _refusal(world, order) == "duplicate_client_id"
    world.place("bob", order)
    world.place("ann", order, "beta")
    cancel = CancelOrder(order_id=first.order_id)
    world.desk.carry_out("alpha", "ann", cancel, world.now_ms)
    second = world.place("ann", order).order
    found = world.desk.carry_out("alpha", "ann", GetOrder(client_id="mine"), world.now_ms)
    assert found == second, "the id means the latest order"


def test_open_orders_are_bounded() -> None:
    world = SmallWorld()
    order = world.order(Side.BUY, "0.1", "90")
    for _ in range(MOST_OPEN_ORDERS):
        world.place("ann", order)
    assert _refusal(world, order) == "too_many_orders"


def test_a_resting_order_holds_its_money_and_a_cancel_gives_it_back() -> None:
    world = SmallWorld()
    placed = world.place("ann", world.order(Side.BUY, "2", "90")).order
    assert placed.status is OrderStatus.OPEN
    assert world.balance("ann", "USD").held == 180
    assert world.balance("ann", "USD").free == 9_820
    cancelled = world.desk.carry_out(
        "alpha", "ann", CancelOrder(order_id=placed.order_id), world.now_ms
    )
    assert cancelled.status is OrderStatus.CANCELLED
    assert world.balance("ann", "USD").free == 10_000
    with pytest.raises(NotFound, match="unknown_order_cancel"):
        world.desk.carry_out("alpha", "ann", CancelOrder(order_id=placed.order_id), world.now_ms)


def test_all_open_orders_are_cancelled_at_once_or_those_of_one_symbol() -> None:
    world = SmallWorld()
    first = world.place("ann", world.order(Side.BUY, "2", "90")).order
    others = PlaceOrder(
        "ETH/BTC", Side.SELL, OrderType.LIMIT, quantity=Decimal(1), price=Decimal(1_000)
    )
    second = world.place("ann", others).order
    world.place("bob", world.order(Side.BUY, "2", "90"))
    with pytest.raises(NotFound, match="unknown_symbol"):
        world.desk.carry_out("alpha", "ann", CancelAllOrders("BTC/EUR"), world.now_ms)
    ask = world.desk.carry_out
    ended = ask("alpha", "ann", CancelAllOrders("BTC/USD"), world.now_ms)
    assert [it.order_id for it in ended] == [first.order_id]
    assert ended[0].status is OrderStatus.CANCELLED
    assert world.balance("ann", "USD").free == 10_000
    rest = ask("alpha", "ann", CancelAllOrders(), world.now_ms)
    assert [it.order_id for it in rest] == [second.order_id]
    before = len(world.journal)
    assert ask("alpha", "ann", CancelAllOrders(), world.now_ms) == ()
    assert len(world.journal) == before
    assert len(ask("alpha", "bob", GetOpenOrders(), world.now_ms)) == 1


def test_where_fees_come_on_top_they_are_held_as_well() -> None:
    world = SmallWorld()
    world.place("ann", world.order(Side.BUY, "2", "90"), "beta")
    assert world.balance("ann", "USD").held == Decimal("180.72")


def test_nobody_sees_or_cancels_another_ones_order() -> None:
    world = SmallWorld()
    placed = world.place("ann", world.order(Side.BUY, "2", "90")).order
    with pytest.raises(NotFound, match="unknown_order"):
        world.desk.carry_out("alpha", "bob", GetOrder(order_id=placed.order_id), world.now_ms)
    with pytest.raises(NotFound, match="unknown_order_cancel"):
        world.desk.carry_out("alpha", "bob", CancelOrder(order_id=placed.order_id), world.now_ms)
    assert world.desk.carry_out("alpha", "bob", GetOpenOrders(), world.now_ms) == ()


def test_a_market_order_walks_the_depth_of_the_house() -> None:
    world = SmallWorld()
    placed = world.place("ann", world.order(Side.BUY, "5"))
    assert placed.order.status is OrderStatus.FILLED
    assert placed.order.filled == 5
    prices = [fill.price for fill in placed.fills]
    assert prices == sorted(prices)
    assert len(set(prices)) > 1
    assert sum(fill.quantity for fill in placed.fills) == 5
    assert placed.order.filled_quote == sum(fill.quote_quantity for fill in placed.fills)
    assert placed.order.fee == sum(fill.fee for fill in placed.fills)
    assert placed.order.fee_currency == "BTC"
    assert world.balance("ann", "BTC").free == 10_005 - placed.order.fee
    assert world.balance("ann", "USD").free == 10_000 - placed.order.filled_quote
    assert world.balance("ann", "USD").held == 0


def test_depth_that_was_taken_stays_taken_until_the_next_step() -> None:
    world = SmallWorld()
    first = world.place("ann", world.order(Side.BUY, "3")).fills[-1].price
    again = world.place("bob", world.order(Side.BUY, "3")).fills[0].price
    assert again >= first
    world.wait()
    assert world.place("cid", world.order(Side.BUY, "0.1")).fills[0].price < first


def test_a_market_order_larger_than_all_depth_fills_in_part_and_expires() -> None:
    world = SmallWorld(depth=Decimal("0.01"))
    placed = world.place("ann", world.order(Side.SELL, "9000"))
    assert placed.order.status is OrderStatus.EXPIRED
    assert 0 < placed.order.filled < 9_000
    assert world.balance("ann", "BTC").held == 0
    assert world.balance("ann", "BTC").free == 10_000 - placed.order.filled


def test_a_market_order_by_cost_spends_no_more_than_asked() -> None:
    world = SmallWorld()
    order = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, quote_quantity=Decimal(250))
    placed = world.place("ann", order, "beta").order
    assert placed.status is OrderStatus.FILLED
    assert Decimal("249.8") < placed.filled_quote <= 250
    assert placed.quote_quantity == 250
    assert placed.quantity == placed.filled
    spent = placed.filled_quote + placed.fee
    assert world.balance("ann", "USD").free == 10_000 - spent


def test_of_two_orders_at_one_price_the_older_one_trades_first() -> None:
    world = SmallWorld()
    older = world.place("ann", world.order(Side.SELL, "1", "100")).order
    newer = world.place("bob", world.order(Side.SELL, "1", "100")).order
    taken = world.place("cid", world.order(Side.BUY, "1.5", "100"))
    assert [(fill.price, fill.quantity) for fill in taken.fills] == [
        (Decimal(100), Decimal(1)),
        (Decimal(100), Decimal("0.5")),
    ]
    ask = world.desk.carry_out
    first = ask("alpha", "ann", GetOrder(order_id=older.order_id), world.now_ms)
    second = ask("alpha", "bob", GetOrder(order_id=newer.order_id), world.now_ms)
    assert (first.status, first.filled) == (OrderStatus.FILLED, Decimal(1))
    assert (second.status, second.filled) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.5"))
    assert first.fee == Decimal("0.1"), "the maker's fee, in what was received"
    assert taken.order.fee == Decimal("0.003"), "the taker's fee, in what was received"


def test_people_inside_the_spread_come_before_the_house() -> None:
    world = SmallWorld()
    world.place("ann", world.order(Side.SELL, "0.5", "100"))
    fills = world.place("bob", world.order(Side.BUY, "1")).fills
    assert fills[0].price == 100
    assert all(fill.price > 100 for fill in fills[1:])


def test_a_fill_or_kill_order_fills_whole_or_not_at_all() -> None:
    world = SmallWorld(depth=Decimal("0.1"))
    killed = world.place("ann", world.order(Side.BUY, "50", "101", time_in_force=TimeInForce.FOK))
    assert killed.order.status is OrderStatus.EXPIRED
    assert killed.fills == ()
    assert world.balance("ann", "USD").free == 10_000
    filled = world.place("ann", world.order(Side.BUY, "0.06", "101", time_in_force=TimeInForce.FOK))
    assert filled.order.status is OrderStatus.FILLED


def test_an_immediate_order_keeps_what_it_got_and_leaves_nothing_behind() -> None:
    world = SmallWorld(depth=Decimal("0.01"))
    placed = world.place(
        "ann", world.order(Side.BUY, "50", "100.5", time_in_force=TimeInForce.IOC)
    ).order
    assert placed.status is OrderStatus.EXPIRED
    assert placed.filled > 0
    assert world.balance("ann", "USD").held == 0
    assert world.desk.carry_out("alpha", "ann", GetOpenOrders(), world.now_ms) == ()


def test_a_post_only_order_never_takes() -> None:
    world = SmallWorld()
    would_take = world.order(Side.BUY, "1", "101", post_only=True)
    assert _refusal(world, would_take) == "post_only_would_take"
    rests = world.place("ann", world.order(Side.BUY, "1", "99", post_only=True)).order
    assert rests.status is OrderStatus.OPEN
    assert rests.post_only


def test_an_own_resting_order_expires_where_the_exchange_says_so() -> None:
    world = SmallWorld()
    resting = world.place("ann", world.order(Side.BUY, "1", "100")).order
    world.wait()
    taken = world.place("ann", world.order(Side.SELL, "1", "100"))
    own = world.desk.carry_out("alpha", "ann", GetOrder(order_id=resting.order_id), world.now_ms)
    assert own.status is OrderStatus.EXPIRED
    assert all(fill.order_id != resting.order_id for fill in taken.fills)


def test_the_newer_order_ends_where_the_exchange_says_so() -> None:
    world = SmallWorld()
    resting = world.place("ann", world.order(Side.BUY, "1", "100"), "beta").order
    assert resting.status is OrderStatus.OPEN
    newer = world.place("ann", world.order(Side.SELL, "1", "100"), "beta").order
    assert newer.status is OrderStatus.EXPIRED
    assert newer.filled == 0
    own = world.desk.carry_out("beta", "ann", GetOrder(order_id=resting.order_id), world.now_ms)
    assert own.status is OrderStatus.OPEN


def test_the_price_fills_resting_orders_in_parts_as_the_house_has_depth() -> None:
    world = SmallWorld(prices=[Decimal(100), *[Decimal(95)] * 400], depth=Decimal("0.01"))
    resting = world.place("ann", world.order(Side.BUY, "3", "96")).order
    world.wait()
    fills = world.desk.carry_out("alpha", "ann", GetOwnTrades(), world.now_ms)
    assert len(fills) == 1
    assert 0 < fills[0].quantity < 3
    assert fills[0].is_maker
    assert fills[0].price == 96
    for _ in range(300):
        world.wait()
    done = world.desk.carry_out("alpha", "ann", GetOrder(order_id=resting.order_id), world.now_ms)
    assert done.status is OrderStatus.FILLED
    assert done.average_price == 96
    assert len(done.trade_ids) > 1


def test_a_dry_run_is_checked_and_leaves_no_trace() -> None:
    world = SmallWorld()
    order = PlaceOrder("BTC/USD", Side.BUY, OrderType.LIMIT, Decimal(1), Decimal(90), dry_run=True)
    before = len(world.journal)
    assert world.place("ann", order).order.order_id == ""
    assert len(world.journal) == before
    assert world.balance("ann", "USD").held == 0
    dear = PlaceOrder("BTC/USD", Side.BUY, OrderType.LIMIT, Decimal(200), Decimal(90), dry_run=True)
    assert _refusal(world, dear) == "insufficient_funds"


def test_past_orders_and_fills_can_be_paged() -> None:
    world = SmallWorld()
    ids = []
    for _ in range(5):
        ids.append(world.place("ann", world.order(Side.BUY, "0.1")).order.order_id)
        world.wait()
    ask = world.desk.carry_out

    def orders(wanted: GetClosedOrders) -> list[str]:
        return [it.order_id for it in ask("alpha", "ann", wanted, world.now_ms)]

    assert orders(GetClosedOrders()) == ids
    assert orders(GetClosedOrders(limit=2)) == ids[3:]
    assert orders(GetClosedOrders(limit=2, offset=2)) == ids[1:3]
    second_ms = world.now_ms - 4_000
    assert orders(GetClosedOrders(since_ms=second_ms, limit=2)) == ids[1:3]
    assert orders(GetClosedOrders(until_ms=second_ms)) == ids[:2]
    fills = ask("alpha", "ann", GetOwnTrades(), world.now_ms)
    assert [fill.order_id for fill in fills] == ids
    from_third = GetOwnTrades(from_id=fills[2].trade_id, limit=2)
    assert ask("alpha", "ann", from_third, world.now_ms) == fills[2:4]
    one = ask("alpha", "ann", GetOwnTrades(order_id=ids[1]), world.now_ms)
    assert one == fills[1:2]
    assert ask("alpha", "ann", GetOwnTrades(symbol="ETH/BTC"), world.now_ms) == ()
    assert ask("beta", "ann", GetOwnTrades(), world.now_ms) == ()


def test_one_wallet_serves_all_exchanges() -> None:
    world = SmallWorld()
    world.place("ann", world.order(Side.BUY, "60", "90"))
    assert _refusal(world, world.order(Side.BUY, "60", "90"), "beta") == "insufficient_funds"
