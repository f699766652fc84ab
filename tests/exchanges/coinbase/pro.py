"""Coinbase Advanced Trade as ccxt's streaming client meets it."""

from tests.real_clients.pro import Pro, Watched

PRO = Pro(
    lacks={
        Watched.CANDLES: "ccxt watches no candles there",
        Watched.BALANCE: "no channel tells of balances",
        Watched.OWN_TRADES: "the channel of one's own orders tells what is filled, not the fills",
    },
    # It watches no balance; wrong secrets and orders are in test_stream.py.
    bad_secret_raises="",
)
