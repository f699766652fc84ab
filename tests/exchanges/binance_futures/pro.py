"""What ccxt's streaming client does at Binance Futures that it does nowhere else."""

from tests.real_clients.pro import Pro

# The token is given to whoever names the key; what follows is asked for in the background, where
# nobody hears of a refusal.
PRO = Pro(bad_secret_raises="")
