"""Mistakes that can be made at every exchange, as functions for the rows of a table.

Each makes real requests with the unmodified client; which class that raises, with which status
and words, stands in the exchange's table.
"""

from collections.abc import Callable
from typing import Any

from tests.real_clients.bench import Bench
from tests.real_clients.table import Client

# Every table has a row of each of these names.
USUAL = frozenset(
    {
        *("wrong secret", "unknown key", "no trading right", "stale stamp", "other address"),
        *("too little money", "below the smallest size", "unknown order", "unknown symbol"),
    }
)

_LATE_MS = 120_000


def wrong_secret(bench: Bench) -> None:
    """Sign with the secret of another key."""
    other = bench.key()["api_secret"]
    bench.client({**bench.key(), "api_secret": other}).fetch_balance()


def wrong_passphrase(bench: Bench) -> None:
    """Send the passphrase of another key."""
    other = bench.key()["passphrase"]
    bench.client({**bench.key(), "passphrase": other}).fetch_balance()


def unknown_key(bench: Bench) -> None:
    """Use a key that is well-formed and does not exist."""
    bench.client({**bench.key(), "api_key": bench.table.unknown_key}).fetch_balance()


def other_address(bench: Bench) -> None:
    """Use a key from an address that it does not name."""
    bench.client(bench.key("read", addresses=("203.0.113.7",))).fetch_balance()


def stale_stamp(bench: Bench) -> None:
    """Live two minutes in the past; where stamps only have to rise, use one twice."""
    client = bench.client()
    client.load_markets()
    set_clock(client, -_LATE_MS)
    client.fetch_balance()
    client.fetch_balance()


def set_clock(client: Client, shift_ms: int) -> None:
    """Let a client's clock stand still, so far from now."""
    moment = client.milliseconds() + shift_ms
    client.milliseconds = lambda: moment
    client.seconds = lambda: moment // 1_000
    client.microseconds = lambda: moment * 1_000
    client.nonce = _always(client.nonce())
    # ccxt never repeats a nonce by itself; a second program with the same key does.
    if hasattr(client, "incrementing_nonce"):
        client.incrementing_nonce = _always(client.incrementing_nonce())


def no_trading_right(bench: Bench) -> None:
    """Place an order with a key that may only read."""
    bench.desk(bench.key("read")).place()


def too_little_money(bench: Bench) -> None:
    """Ask for more than the account can pay."""
    bench.desk().place(amount=bench.table.too_much)


def below_smallest(bench: Bench) -> None:
    """Ask for less than the exchange trades."""
    bench.desk().place(amount=bench.table.too_little)


def unknown_order(bench: Bench) -> None:
    """Cancel an order that is not there."""
    bench.desk().client.cancel_order(bench.table.unknown_order, bench.table.symbol)


def unknown_order_asked(bench: Bench) -> None:
    """Ask for an order that is not there."""
    bench.desk().client.fetch_order(bench.table.unknown_order, bench.table.symbol)


def unknown_symbol(market_id: str) -> Callable[[Bench], None]:
    """Ask for a market that the client knows and the exchange does not, by this id."""

    def ask(bench: Bench) -> None:
        client = bench.desk().client
        add_market(bench, market_id)(client)
        client.fetch_ticker("AAA/BBB")

    return ask


def order_of_unknown_symbol(market_id: str) -> Callable[[Bench], None]:
    """Place an order on a market that the exchange does not know."""

    def ask(bench: Bench) -> None:
        desk = bench.desk()
        price = float(desk.far_price)
        add_market(bench, market_id)(desk.client)
        desk.client.create_order("AAA/BBB", "limit", "buy", float(bench.table.amount), price)

    return ask


def add_market(bench: Bench, market_id: str) -> Callable[[Client], None]:
    """Teach a client the market AAA/BBB of this id, with the rules of the one that is traded."""

    def teach(client: Client) -> None:
        known: dict[str, Any] = client.market(bench.table.symbol)
        client.markets["AAA/BBB"] = {**known, "id": market_id, "symbol": "AAA/BBB"}
        client.markets_by_id[market_id] = [client.markets["AAA/BBB"]]
        client.symbols.append("AAA/BBB")

    return teach


def _always(value: Any) -> Callable[[], Any]:  # noqa: ANN401  a number or a text, as the class has it
    return lambda: value
