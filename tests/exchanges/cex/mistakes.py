"""What a client can do wrong at CEX.IO, and how that is said.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90. Words
that the dossier does not know are ours.
"""

from collections.abc import Callable
from itertools import count

from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.table import Mistake

ACCOUNT = "drawbridge"
_NUMBERS = count(1)


def _with(**changes: object) -> Callable[[Bench], None]:
    """Place an order as it stands, without ccxt's own checks; None leaves a word out."""

    def ask(bench: Bench) -> None:
        desk = bench.desk()
        good = {
            "clientOrderId": f"own-{next(_NUMBERS)}",
            "currency1": "BTC",
            "currency2": "USD",
            "accountId": ACCOUNT,
            "orderType": "Limit",
            "side": "BUY",
            "timestamp": desk.client.milliseconds(),
            "amountCcy1": "0.01",
            "price": desk.far_price,
            "timeInForce": "GTC",
        }
        wanted = {name: value for name, value in (good | changes).items() if value is not None}
        desk.client.private_post_do_my_new_order(wanted)

    return ask


def _same_name_twice(bench: Bench) -> None:
    desk = bench.desk()
    name = f"twice-{next(_NUMBERS)}"
    desk.place(clientOrderId=name)
    desk.place(clientOrderId=name)


def _seven_minutes(bench: Bench) -> None:
    wanted = {"pair": "BTC-USD", "resolution": "7m", "dataType": "bestBid", "limit": 1}
    bench.desk().client.public_post_get_candles(wanted)


def _ended_orders_of_all_times(bench: Bench) -> None:
    bench.desk().client.private_post_get_my_orders({"archived": True})


MISTAKES = (
    Mistake(
        name="wrong secret",
        ask=mistakes.wrong_secret,
        raises="ExchangeError",
        status=401,
        says="invalid signature",
    ),
    Mistake(
        name="unknown key",
        ask=mistakes.unknown_key,
        raises="AuthenticationError",
        status=401,
        says="key not passed or incorrect",
    ),
    Mistake(
        name="no trading right",
        ask=mistakes.no_trading_right,
        raises="ExchangeError",
        status=403,
        says="Permission denied",
    ),
    Mistake(
        name="stale stamp",
        ask=mistakes.stale_stamp,
        raises="ExchangeError",
        status=401,
        says="invalid timestamp",
    ),
    Mistake(
        name="other address",
        ask=mistakes.other_address,
        raises="ExchangeError",
        status=403,
        says="IP address",
    ),
    Mistake(
        name="too little money",
        ask=mistakes.too_little_money,
        raises="InsufficientFunds",
        status=200,
        says='"rejectCode":403',
    ),
    Mistake(
        name="below the smallest size",
        ask=mistakes.below_smallest,
        raises="ExchangeError",
        status=200,
        says="Total is below the minimum",
    ),
    Mistake(
        name="unknown order",
        ask=mistakes.unknown_order,
        raises="ExchangeError",
        status=422,
        says="Order not found",
    ),
    Mistake(
        name="unknown symbol",
        ask=mistakes.unknown_symbol("AAA-BBB"),
        raises="ExchangeError",
        status=422,
        says="Unsupported pair",
    ),
    Mistake(
        name="main account",
        ask=_with(accountId=""),
        raises="BadRequest",
        status=422,
        says="API orders from Main account are not allowed",
    ),
    Mistake(
        name="side that is none",
        ask=_with(side="UP"),
        raises="BadRequest",
        status=422,
        says="Mandatory parameter side should be one of BUY,SELL",
    ),
    Mistake(
        name="no name",
        ask=_with(clientOrderId=None),
        raises="ExchangeError",
        status=422,
        says="Mandatory parameter: clientOrderId",
    ),
    Mistake(
        name="both amounts",
        ask=_with(orderType="Market", price=None, timeInForce=None, amountCcy2="10"),
        raises="ExchangeError",
        status=200,
        says='"rejectCode":405',
    ),
    Mistake(
        name="stop of a market order",
        ask=_with(orderType="Market", price=None, timeInForce=None, stopPrice="9"),
        raises="BadRequest",
        status=422,
        says="Market Trigger orders are not allowed",
    ),
    Mistake(
        name="order written long ago",
        ask=_with(timestamp=1),
        raises="ExchangeError",
        status=401,
        says="invalid timestamp",
    ),
    Mistake(
        name="price off its tick",
        ask=_with(price="20000.01"),
        raises="ExchangeError",
        status=200,
        says="Price precision",
    ),
    Mistake(
        name="quantity off its step",
        ask=_with(amountCcy1="0.010000001"),
        raises="ExchangeError",
        status=200,
        says="Amount precision",
    ),
    Mistake(
        name="quantity below the smallest",
        ask=_with(amountCcy1="0.000001"),
        raises="ExchangeError",
        status=200,
        says="Amount is below",
    ),
    Mistake(
        name="candles of seven minutes",
        ask=_seven_minutes,
        raises="BadRequest",
        status=422,
        says="check failed",
    ),
    Mistake(
        name="ended orders of all times",
        ask=_ended_orders_of_all_times,
        raises="ExchangeError",
        status=422,
        says="Mandatory parameter: serverCreateTimestampFrom",
    ),
    Mistake(
        name="same name twice",
        ask=_same_name_twice,
        raises="ExchangeError",
        status=200,
        says="Order with this clientOrderId exists",
    ),
)
