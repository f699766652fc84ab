"""What a client can do wrong at Binance Futures, and how that is said.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90
against addresses that are not the exchange's own; by those ccxt chooses among its tables.
"""

from collections.abc import Callable
from itertools import count

from tests.exchanges.binance_futures.wishes import MARKET, SYMBOL
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench, Desk
from tests.real_clients.table import Mistake

_NUMBERS = count(1)


def _ask(desk: Desk, **changes: object) -> None:
    """Place an order as it stands, without ccxt's own checks; None leaves a parameter out."""
    good = {
        "symbol": MARKET.id,
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "0.01",
        "price": desk.far_price,
        "timeInForce": "GTC",
    }
    wanted = {name: value for name, value in (good | changes).items() if value is not None}
    desk.client.fapiprivate_post_order(wanted)


def _with(**changes: object) -> Callable[[Bench], None]:
    return lambda bench: _ask(bench.desk(), **changes)


def _own(bench: Bench) -> Desk:
    """Give a desk whose account nobody else uses."""
    return bench.desk(bench.key(account=f"alone-{next(_NUMBERS)}"))


def _post_only_that_takes(bench: Bench) -> None:
    desk = bench.desk()
    desk.place(price=desk.price(1.02), postOnly=True)


def _same_name_twice(bench: Bench) -> None:
    desk = _own(bench)
    desk.place(clientOrderId="twice")
    desk.place(clientOrderId="twice")


def _stop_that_has_come(bench: Bench) -> None:
    desk = bench.desk()
    desk.client.create_order(
        SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": float(desk.price(1.02))}
    )


def _nothing_to_reduce(bench: Bench) -> None:
    _own(bench).client.create_order(SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True})


def _side_in_one_way_mode(bench: Bench) -> None:
    bench.desk().place(positionSide="LONG")


def _margin_mode_twice(bench: Bench) -> None:
    _own(bench).client.set_margin_mode("cross", SYMBOL)


def _position_mode_twice(bench: Bench) -> None:
    _own(bench).client.set_position_mode(hedged=False)


def _margin_mode_in_use(bench: Bench) -> None:
    desk = _own(bench)
    desk.trade("buy", "0.01")
    desk.client.set_margin_mode("isolated", SYMBOL)


def _position_mode_in_use(bench: Bench) -> None:
    desk = _own(bench)
    desk.trade("buy", "0.01")
    desk.client.set_position_mode(hedged=True)


def _leverage_above_all(bench: Bench) -> None:
    bench.desk().client.fapiprivate_post_leverage({"symbol": MARKET.id, "leverage": 126})


def _less_leverage_when_isolated(bench: Bench) -> None:
    desk = _own(bench)
    desk.client.set_margin_mode("isolated", SYMBOL)
    desk.trade("buy", "0.01")
    desk.client.set_leverage(5, SYMBOL)


def _margin_without_a_position(bench: Bench) -> None:
    _own(bench).client.add_margin(SYMBOL, 10)


def _margin_of_a_cross_position(bench: Bench) -> None:
    desk = _own(bench)
    desk.trade("buy", "0.01")
    desk.client.add_margin(SYMBOL, 10)


def _token_that_never_was(bench: Bench) -> None:
    bench.desk().client.fapiprivate_put_listenkey({"listenKey": "a" * 64})


def _window_without_end(bench: Bench) -> None:
    bench.desk().client.fetch_balance({"recvWindow": 60_001})


def _candles_of_seven_minutes(bench: Bench) -> None:
    bench.desk().client.fapipublic_get_klines({"symbol": MARKET.id, "interval": "7m"})


MISTAKES = (
    Mistake(
        name="wrong secret",
        ask=mistakes.wrong_secret,
        raises="AuthenticationError",
        status=400,
        says='"code":-1022',
    ),
    Mistake(
        name="unknown key",
        ask=mistakes.unknown_key,
        raises="AuthenticationError",
        status=401,
        says='"code":-2015',
    ),
    Mistake(
        name="no trading right",
        ask=mistakes.no_trading_right,
        raises="AuthenticationError",
        status=401,
        says='"code":-2015',
    ),
    Mistake(
        name="stale stamp",
        ask=mistakes.stale_stamp,
        raises="InvalidNonce",
        status=400,
        says='"code":-1021',
    ),
    Mistake(
        name="other address",
        ask=mistakes.other_address,
        raises="AuthenticationError",
        status=401,
        says='"code":-2015',
    ),
    Mistake(
        name="too little money",
        ask=mistakes.too_little_money,
        raises="ExchangeError",
        status=400,
        says='"code":-2019',
    ),
    Mistake(
        name="below the smallest size",
        ask=mistakes.below_smallest,
        raises="ExchangeError",
        status=400,
        says='"code":-4164',
    ),
    Mistake(
        name="unknown order",
        ask=mistakes.unknown_order,
        raises="OrderNotFound",
        status=400,
        says='"code":-2011',
    ),
    Mistake(
        name="unknown symbol",
        ask=mistakes.unknown_symbol("AAABBB"),
        raises="BadSymbol",
        status=400,
        says='"code":-1121',
    ),
    Mistake(
        name="post-only order that would take",
        ask=_post_only_that_takes,
        raises="InvalidOrder",
        status=400,
        says='"code":-5022',
    ),
    Mistake(
        name="same name twice",
        ask=_same_name_twice,
        raises="ExchangeError",
        status=400,
        says='"code":-4116',
    ),
    Mistake(
        name="stop whose price has come",
        ask=_stop_that_has_come,
        raises="ExchangeError",
        status=400,
        says='"code":-2021',
    ),
    Mistake(
        name="nothing to reduce",
        ask=_nothing_to_reduce,
        raises="ExchangeError",
        status=400,
        says='"code":-2022',
    ),
    Mistake(
        name="side of a position in one-way mode",
        ask=_side_in_one_way_mode,
        raises="OperationRejected",
        status=400,
        says='"code":-4061',
    ),
    Mistake(
        name="margin mode that it has",
        ask=_margin_mode_twice,
        raises="MarginModeAlreadySet",
        status=400,
        says='"code":-4046',
    ),
    Mistake(
        name="position mode that it has",
        ask=_position_mode_twice,
        raises="OperationRejected",
        status=400,
        says='"code":-4059',
    ),
    Mistake(
        name="margin mode in use",
        ask=_margin_mode_in_use,
        raises="OperationRejected",
        status=400,
        says='"code":-4048',
    ),
    Mistake(
        name="position mode in use",
        ask=_position_mode_in_use,
        raises="OperationRejected",
        status=400,
        says='"code":-4068',
    ),
    Mistake(
        name="leverage above all",
        ask=_leverage_above_all,
        raises="BadRequest",
        status=400,
        says='"code":-4028',
    ),
    Mistake(
        name="less leverage of an isolated position",
        ask=_less_leverage_when_isolated,
        raises="ExchangeError",
        status=400,
        says='"code":-4161',
    ),
    Mistake(
        name="margin without a position",
        ask=_margin_without_a_position,
        raises="OperationRejected",
        status=400,
        says='"code":-4054',
    ),
    Mistake(
        name="margin of a cross position",
        ask=_margin_of_a_cross_position,
        raises="BadRequest",
        status=400,
        says='"code":-4049',
    ),
    Mistake(
        name="conditional order at the wrong address",
        ask=_with(type="STOP_MARKET", price=None, timeInForce=None, stopPrice="1"),
        raises="ExchangeError",
        status=400,
        says='"code":-4120',
    ),
    Mistake(
        name="price off its tick",
        ask=_with(price="20000.01"),
        raises="BadRequest",
        status=400,
        says='"code":-4014',
    ),
    Mistake(
        name="quantity off its step",
        ask=_with(quantity="0.0105"),
        raises="BadRequest",
        status=400,
        says='"code":-4023',
    ),
    Mistake(
        name="quantity below the smallest",
        ask=_with(quantity="0.0005"),
        raises="BadRequest",
        status=400,
        says='"code":-4004',
    ),
    Mistake(
        name="quantity above the largest",
        ask=_with(quantity="9" * 16),
        raises="BadRequest",
        status=400,
        says='"code":-4005',
    ),
    Mistake(
        name="too many digits",
        ask=_with(quantity="0.0100000001"),
        raises="BadRequest",
        status=400,
        says='"code":-1111',
    ),
    Mistake(
        name="price of nothing",
        ask=_with(price="1" + "0" * 20),
        raises="BadRequest",
        status=400,
        says='"code":-4016',
    ),
    Mistake(
        name="no price",
        ask=_with(price=None),
        raises="BadRequest",
        status=400,
        says='"code":-1102',
    ),
    Mistake(
        name="price of a market order",
        ask=_with(type="MARKET", timeInForce=None),
        raises="BadRequest",
        status=400,
        says='"code":-1106',
    ),
    Mistake(
        name="side that is none",
        ask=_with(side="UP"),
        raises="BadRequest",
        status=400,
        says='"code":-1117',
    ),
    Mistake(
        name="type that is none",
        ask=_with(type="ICEBERG"),
        raises="BadRequest",
        status=400,
        says='"code":-1116',
    ),
    Mistake(
        name="time in force that is none",
        ask=_with(timeInForce="GTD"),
        raises="BadRequest",
        status=400,
        says='"code":-1115',
    ),
    Mistake(
        name="name that is none",
        ask=_with(newClientOrderId="a" * 37),
        raises="BadRequest",
        status=400,
        says='"code":-1100',
    ),
    Mistake(
        name="unknown order asked for",
        ask=mistakes.unknown_order_asked,
        raises="OrderNotFound",
        status=400,
        says='"code":-2013',
    ),
    Mistake(
        name="token that never was",
        ask=_token_that_never_was,
        raises="AuthenticationError",
        status=400,
        says='"code":-1125',
    ),
    Mistake(
        name="window without end",
        ask=_window_without_end,
        raises="ExchangeError",
        status=400,
        says='"code":-1131',
    ),
    Mistake(
        name="interval that is none",
        ask=_candles_of_seven_minutes,
        raises="BadRequest",
        status=400,
        says='"code":-1120',
    ),
)
