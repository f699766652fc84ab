"""What ccxt's streaming client does at Poloniex that it does nowhere else."""

from tests.real_clients.pro import Pro, Watched

PRO = Pro(
    lacks={
        Watched.OWN_TRADES: "ccxt waits for `myTrades::` and a market, and is told of `myTrades:`",
    }
)
