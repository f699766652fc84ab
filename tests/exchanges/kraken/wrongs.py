"""What can be done wrong at Kraken, and how its clients learn of it. All with status 200.

Source of texts and classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from collections.abc import Callable
from typing import Any

from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.table import Mistake

_PAIR = "XXBTZUSD"
_MOST_OPEN = 201


def _add_order(**changed: str) -> Callable[[Bench], object]:
    """Place an order as written here, past ccxt's rounding."""

    def ask(bench: Bench) -> object:
        desk = bench.desk()
        order = {
            "pair": _PAIR,
            "type": "buy",
            "ordertype": "limit",
            "volume": "0.001",
            "price": desk.far_price,
        }
        return desk.client.private_post_addorder({**order, **changed})

    return ask


def _without(name: str) -> Callable[[Bench], object]:
    def ask(bench: Bench) -> object:
        order = {"pair": _PAIR, "type": "buy", "ordertype": "limit", "volume": "0.001"}
        del order[name]
        return bench.client().private_post_addorder(order)

    return ask


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk(bench.key(account="kraken-same-id"))
    desk.place(clientOrderId="twice-1")
    desk.place(clientOrderId="twice-1")


def _too_many_orders(bench: Bench) -> None:
    desk = bench.desk(bench.key(account="kraken-many-orders"))
    price = desk.far_price
    for _ in range(_MOST_OPEN):
        desk.place(price=price)


def _would_take(bench: Bench) -> None:
    desk = bench.desk()
    desk.place(price=desk.price(1.02), postOnly=True)


def _market_that_nobody_can_pay(bench: Bench) -> None:
    bench.desk().trade("sell", bench.table.too_much)


def _nonce_of_words(bench: Bench) -> None:
    client = bench.client()
    client.incrementing_nonce = lambda: "yesterday"
    client.fetch_balance()


def _withdraw(bench: Bench) -> Any:  # noqa: ANN401  whatever ccxt made of it
    client = bench.desk().client
    return client.withdraw("BTC", 0.1, "anywhere", params={"key": "mine"})


MISTAKES = tuple(
    Mistake(name=name, ask=ask, raises=raises, status=200, says=says)
    for name, ask, raises, says in (
        ("wrong secret", mistakes.wrong_secret, "ExchangeError", "EAPI:Invalid signature"),
        ("unknown key", mistakes.unknown_key, "AuthenticationError", "EAPI:Invalid key"),
        ("stale stamp", mistakes.stale_stamp, "InvalidNonce", "EAPI:Invalid nonce"),
        ("nonce of words", _nonce_of_words, "InvalidNonce", "EAPI:Invalid nonce"),
        (
            "no trading right",
            mistakes.no_trading_right,
            "PermissionDenied",
            "EGeneral:Permission denied",
        ),
        ("withdrawal", _withdraw, "PermissionDenied", "EGeneral:Permission denied"),
        ("other address", mistakes.other_address, "PermissionDenied", "EGeneral:Permission denied"),
        (
            "too little money",
            mistakes.too_little_money,
            "InsufficientFunds",
            "EOrder:Insufficient funds",
        ),
        (
            "too little to sell",
            _market_that_nobody_can_pay,
            "InsufficientFunds",
            "EOrder:Insufficient funds",
        ),
        (
            "below the smallest size",
            mistakes.below_smallest,
            "InvalidOrder",
            "EOrder:Order minimum not met",
        ),
        (
            "below the smallest cost",
            _add_order(price="5.0", volume="0.00005"),
            "ExchangeError",
            "EOrder:Cost minimum not met",
        ),
        (
            "price off the tick",
            _add_order(price="20000.12345"),
            "ExchangeError",
            "EOrder:Tick size check failed",
        ),
        (
            "amount off the step",
            _add_order(volume="0.0010000000001"),
            "InvalidOrder",
            "EGeneral:Invalid arguments:volume",
        ),
        (
            "amount of words",
            _add_order(volume="much"),
            "InvalidOrder",
            "EGeneral:Invalid arguments:volume",
        ),
        (
            "price of words",
            _add_order(price="2o000"),
            "InvalidOrder",
            "EGeneral:Invalid arguments:price",
        ),
        ("no pair", _without("pair"), "BadRequest", "EGeneral:Invalid arguments"),
        ("no side", _without("type"), "BadRequest", "EGeneral:Invalid arguments"),
        ("post-only that would take", _would_take, "ExchangeError", "EOrder:Post only order"),
        (
            "the same id twice",
            _same_id_twice,
            "ExchangeError",
            "EGeneral:Invalid arguments:cl_ord_id",
        ),
        (
            "too many open orders",
            _too_many_orders,
            "ExchangeError",
            "EOrder:Orders limit exceeded",
        ),
        ("unknown order", mistakes.unknown_order, "OrderNotFound", "EOrder:Unknown order"),
        (
            "unknown order asked for",
            mistakes.unknown_order_asked,
            "InvalidOrder",
            "EOrder:Invalid order",
        ),
        (
            "unknown symbol",
            mistakes.unknown_symbol("AAABBB"),
            "ExchangeError",
            "EQuery:Unknown asset pair",
        ),
        (
            "order of an unknown symbol",
            mistakes.order_of_unknown_symbol("AAABBB"),
            "ExchangeError",
            "EQuery:Unknown asset pair",
        ),
        (
            "unknown method",
            lambda bench: bench.client().private_post_creditlines(),
            "ExchangeError",
            "EGeneral:Unknown method",
        ),
        (
            "unknown interval",
            lambda bench: bench.client().public_get_ohlc({"pair": _PAIR, "interval": "7"}),
            "ExchangeError",
            "EGeneral:Invalid arguments:interval",
        ),
    )
)
