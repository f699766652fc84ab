"""What ccxt's streaming client does at HTX that it does nowhere else."""

from tests.real_clients.pro import Pro, Watched

PRO = Pro(
    lacks={Watched.BALANCE: "ccxt looks for a list of balances; the exchange tells one at a time"}
)
