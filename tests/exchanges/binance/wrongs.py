"""What can be done wrong at Binance, and how its clients learn of it.

Source of codes and classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from collections.abc import Callable

from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.table import Mistake

_SYMBOL = "BTCUSDT"
_MOST_OPEN = 201
_EARLY_MS = 60_000


def _order(**changed: str | None) -> Callable[[Bench], object]:
    """Place an order as written here, past ccxt's rounding; None leaves a parameter out."""

    def ask(bench: Bench) -> object:
        desk = bench.desk()
        order: dict[str, str | None] = {
            "symbol": _SYMBOL,
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.01",
            "price": desk.far_price,
            **changed,
        }
        told = {name: text for name, text in order.items() if text is not None}
        return desk.client.private_post_order(told)

    return ask


def _ahead(bench: Bench) -> None:
    client = bench.client()
    mistakes.set_clock(client, _EARLY_MS)
    client.fetch_balance()


def _key_of_wrong_shape(bench: Bench) -> None:
    bench.client({**bench.key(), "api_key": "clé"}).fetch_balance()


def _stop_at_once(bench: Bench) -> None:
    desk = bench.desk()
    desk.place("sell", price=desk.far_price, stopPrice=float(desk.price(1.5)))


def _nothing_to_cancel(bench: Bench) -> None:
    bench.client(bench.key(account="never-orders")).cancel_all_orders(bench.table.symbol)


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk(bench.key(account="binance-same-id"))
    desk.place(clientOrderId="twice-1")
    desk.place(clientOrderId="twice-1")


def _too_many_orders(bench: Bench) -> None:
    desk = bench.desk(bench.key(account="binance-many-orders"))
    price = desk.far_price
    for _ in range(_MOST_OPEN):
        desk.place(price=price)


def _would_take(bench: Bench) -> None:
    desk = bench.desk()
    desk.place(price=desk.price(1.02), postOnly=True)


def _withdraw(bench: Bench) -> None:
    bench.desk().client.withdraw("BTC", 0.1, "anywhere")


def _too_wide_a_window(bench: Bench) -> None:
    bench.client().private_get_account({"recvWindow": "60001"})


_KEY, _REQUEST, _SIZE = "AuthenticationError", "BadRequest", "InvalidOrder"

MISTAKES = tuple(
    Mistake(name=name, ask=ask, raises=raises, status=status, says=says)
    for name, ask, raises, status, says in (
        ("wrong secret", mistakes.wrong_secret, _KEY, 400, '"code":-1022'),
        ("unknown key", mistakes.unknown_key, _KEY, 401, '"code":-2015'),
        ("key of a wrong shape", _key_of_wrong_shape, _KEY, 401, '"code":-2014'),
        ("no trading right", mistakes.no_trading_right, _KEY, 401, '"code":-2015'),
        ("withdrawal", _withdraw, _KEY, 401, '"code":-2015'),
        ("other address", mistakes.other_address, _KEY, 401, '"code":-2015'),
        ("stale stamp", mistakes.stale_stamp, "InvalidNonce", 400, "outside of the recvWindow"),
        ("stamp ahead of time", _ahead, "InvalidNonce", 400, "ahead of the server's time"),
        ("too wide a window", _too_wide_a_window, "ExchangeError", 400, '"code":-1131'),
        (
            "too little money",
            mistakes.too_little_money,
            "InsufficientFunds",
            400,
            "Account has insufficient balance",
        ),
        (
            "post-only that would take",
            _would_take,
            "OrderImmediatelyFillable",
            400,
            "Order would immediately match and take.",
        ),
        (
            "stop that would fire at once",
            _stop_at_once,
            "OrderImmediatelyFillable",
            400,
            "Stop price would trigger immediately.",
        ),
        ("the same id twice", _same_id_twice, _SIZE, 400, "Duplicate order sent."),
        (
            "too many open orders",
            _too_many_orders,
            _REQUEST,
            400,
            "Filter failure: MAX_NUM_ORDERS",
        ),
        ("below the smallest size", mistakes.below_smallest, _REQUEST, 400, "failure: NOTIONAL"),
        ("amount off the step", _order(quantity="0.0100001"), _SIZE, 400, "failure: LOT_SIZE"),
        ("price off the tick", _order(price="20000.001"), _SIZE, 400, "failure: PRICE_FILTER"),
        ("no side", _order(side=None), _REQUEST, 400, '"code":-1102'),
        ("no quantity", _order(quantity=None), _REQUEST, 400, '"code":-1102'),
        ("unknown side", _order(side="HOLD"), _REQUEST, 400, '"code":-1117'),
        ("unknown type", _order(type="WISH"), _REQUEST, 400, '"code":-1116'),
        ("unknown time in force", _order(timeInForce="NOW"), _REQUEST, 400, '"code":-1115'),
        ("amount of words", _order(quantity="much"), _REQUEST, 400, '"code":-1100'),
        (
            "unknown interval",
            lambda bench: bench.client().public_get_klines({"symbol": _SYMBOL, "interval": "7m"}),
            _REQUEST,
            400,
            '"code":-1120',
        ),
        (
            "unknown endpoint",
            lambda bench: bench.client().private_get_ratelimit_order(),
            _REQUEST,
            404,
            '"code":-1020',
        ),
        ("unknown order", mistakes.unknown_order, "OrderNotFound", 400, '"code":-2011'),
        ("unknown order asked for", mistakes.unknown_order_asked, "OrderNotFound", 400, "-2013"),
        ("cancel all of nothing", _nothing_to_cancel, "OrderNotFound", 400, '"code":-2011'),
        (
            "unknown symbol",
            mistakes.unknown_symbol("AAABBB"),
            "BadSymbol",
            400,
            '"code":-1121',
        ),
        ("order of an unknown symbol", _order(symbol="AAABBB"), "BadSymbol", 400, "-1121"),
    )
)
